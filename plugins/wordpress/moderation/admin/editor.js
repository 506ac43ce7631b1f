/**
 * Shows in the block editor what was done with a post when it was loaded or stored. Everything it shows is text.
 */
( function ( wp ) {
	var shown = null;

	function show() {
		var editor = wp.data.select( 'core/editor' );
		if ( ! editor || ! editor.getCurrentPost || editor.isSavingPost() ) {
			return;
		}
		var post = editor.getCurrentPost();
		if ( ! post || ! post.id ) {
			return;
		}
		var found = post.moderation || null;
		var now = JSON.stringify( [ post.id, found && found.state, found && found.findings, found && found.story ] );
		if ( now === shown ) {
			return;
		}
		shown = now;
		var notices = wp.data.dispatch( 'core/notices' );
		notices.removeNotice( 'moderation' );
		if ( ! found ) {
			return;
		}
		notices.createNotice(
			found.state === 'cleaned' ? 'info' : 'warning',
			[ found.story ].concat( found.findings ).join( ' — ' ),
			{ id: 'moderation', isDismissible: true, actions: found.answers }
		);
	}

	wp.data.subscribe( show );
} )( window.wp );
