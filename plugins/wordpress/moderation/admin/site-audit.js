/**
 * Asks for one step of an audit after the other, shows how far it is, and loads the page anew when it has ended. Everything it
 * shows is text.
 */
( function () {
	var box = document.getElementById( 'moderation-site-audit' );
	if ( ! box || box.dataset.state !== 'running' ) {
		return;
	}
	var bar = box.querySelector( 'progress' );
	var line = box.querySelector( '.moderation-site-audit-said' );
	var failures = 0;
	var before = '';

	function again( wait ) {
		window.setTimeout( step, wait );
	}

	function show( row ) {
		failures = 0;
		bar.max = Math.max( 1, row.total );
		bar.value = row.done;
		line.textContent = row.said;
		if ( row.state !== 'running' ) {
			window.location.reload();
			return;
		}
		// Where another window takes the steps, nothing has moved.
		var now = row.done + ' ' + row.checked;
		again( now === before ? 2000 : 0 );
		before = now;
	}

	function fail() {
		failures += 1;
		if ( failures < 4 ) {
			again( 2000 * failures );
		} else {
			line.textContent = box.dataset.trouble;
		}
	}

	function step() {
		var body = new window.FormData();
		body.append( 'action', box.dataset.action );
		body.append( '_wpnonce', box.dataset.nonce );
		window.fetch( box.dataset.url, { method: 'POST', body: body, credentials: 'same-origin' } ).then( function ( answer ) {
			if ( ! answer.ok ) {
				throw new Error( String( answer.status ) );
			}
			return answer.json();
		} ).then( show ).catch( fail );
	}

	step();
} )();
