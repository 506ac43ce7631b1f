/**
 * Shows in the block editor what was done with a post when it was loaded or stored. Everything it shows is text.
 */
( function ( wp ) {
	var shown = null;
	var wasSaving = false;

	/**
	 * Once something was cut from what was sent, lets the editor hold what was stored: it keeps its own blocks otherwise, and
	 * would send what was cut again.
	 */
	function catchUp( editor, post ) {
		var stored = post.content && post.content.raw !== undefined ? post.content.raw : post.content;
		if ( typeof stored !== 'string' || editor.isEditedPostDirty() ) {
			return;
		}
		if ( wp.blocks.serialize( editor.getEditorBlocks() ) !== wp.blocks.serialize( wp.blocks.parse( stored ) ) ) {
			wp.data.dispatch( 'core/editor' ).resetEditorBlocks( wp.blocks.parse( stored ), {
				__unstableShouldCreateUndoLevel: false,
			} );
		}
	}

	function show( editor, post ) {
		var found = post.moderation || null;
		var now = JSON.stringify( [ post.id, found && found.state, found && found.findings, found && found.story ] );
		if ( now === shown ) {
			return;
		}
		shown = now;
		var notices = wp.data.dispatch( 'core/notices' );
		notices.removeNotice( 'moderation' );
		if ( found ) {
			notices.createNotice(
				found.state === 'cleaned' ? 'info' : 'warning',
				[ found.story ].concat( found.findings ).join( ' — ' ),
				{ id: 'moderation', isDismissible: true, actions: found.answers }
			);
		}
	}

	wp.data.subscribe( function () {
		var editor = wp.data.select( 'core/editor' );
		if ( ! editor || ! editor.getCurrentPost ) {
			return;
		}
		var saving = editor.isSavingPost() && ! editor.isAutosavingPost();
		var saved = wasSaving && ! saving;
		wasSaving = saving;
		var post = editor.getCurrentPost();
		if ( saving || ! post || ! post.id ) {
			return;
		}
		show( editor, post );
		if ( saved && post.moderation && post.moderation.state === 'cleaned' ) {
			catchUp( editor, post );
		}
	} );
} )( window.wp );
