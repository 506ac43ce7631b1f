<?php // A plug-in that WordPress always loads: no mail is sent, and tests comment faster than people do.
if (!function_exists('wp_mail')) { function wp_mail() { return true; } }
add_filter('wp_is_comment_flood', '__return_false', 99);
add_filter('comments_open', '__return_true', 99);
// WordPress takes no language whose own translation it has not got.
add_filter('locale', function ($locale) { return get_option('tests_locale') ?: $locale; });
// The form of the classic editor, which needs no browser to be filled in, and the nonce of its session.
if (isset($_GET['classic-editor'])) add_filter('use_block_editor_for_post', '__return_false');
add_action('wp_ajax_tests_nonce', function () { echo wp_create_nonce($_GET['name']); exit; });
// A browser logs in by an address.
add_action('init', function () {
    if (isset($_GET['tests_login'])) {
        wp_set_auth_cookie(get_user_by('login', $_GET['tests_login'])->ID);
        wp_redirect($_GET['to']);
        exit;
    }
});
// What somebody does in the block editor: texts written and stored one after the other, and what is seen then.
add_action('enqueue_block_editor_assets', function () {
    if (!isset($_GET['tests_drive'])) return;
    wp_add_inline_script('wp-edit-post', 'var steps = ' . base64_decode($_GET['tests_drive']) . <<<'JS'
    ;(async () => {
        const wait = (time) => new Promise((done) => setTimeout(done, time));
        const editor = () => wp.data.select('core/editor');
        while (!editor() || !editor().getCurrentPostId() || !editor().getEditorBlocks()) await wait(50);
        await wait(500);
        const seen = [];
        for (const step of steps) {
            const blocks = step.paragraphs.map((content) => wp.blocks.createBlock('core/paragraph', { content }));
            wp.data.dispatch('core/block-editor').resetBlocks(blocks);
            wp.data.dispatch('core/editor').editPost({ title: step.title, status: 'publish' });
            await wp.data.dispatch('core/editor').savePost();
            await wait(500);
            const notices = wp.data.select('core/notices').getNotices();
            seen.push({
                notices: notices.map((each) => each.content),
                answers: notices.flatMap((each) => each.actions.map((one) => one.label)),
                text: wp.blocks.serialize(wp.data.select('core/block-editor').getBlocks()),
                title: editor().getEditedPostAttribute('title'),
                status: editor().getCurrentPostAttribute('status'),
            });
        }
        const result = document.createElement('pre');
        result.id = 'driven';
        result.textContent = JSON.stringify(seen);
        document.body.append(result);
    })();
    JS);
});
