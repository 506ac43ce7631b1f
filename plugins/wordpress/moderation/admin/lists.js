/**
 * Sends with a list only what the rows that are ticked carry, and only with the answers that need it: the form of a list goes
 * into an address, which has to stay short.
 */
( function () {
	var form = document.getElementById( 'posts-filter' );
	if ( ! form ) {
		return;
	}
	form.addEventListener( 'formdata', function ( event ) {
		var data = event.formData;
		var actions = [ 'moderation_spam', 'moderation_not_spam' ];
		var isAnswer = actions.indexOf( data.get( 'action' ) ) >= 0 || actions.indexOf( data.get( 'action2' ) ) >= 0;
		var ticked = data.getAll( 'post[]' );
		form.querySelectorAll( 'input[name^="moderation_seen["]' ).forEach( function ( field ) {
			var id = field.name.slice( 'moderation_seen['.length, -1 );
			if ( ! isAnswer || ticked.indexOf( id ) < 0 ) {
				data.delete( field.name );
			}
		} );
	} );
} )();
