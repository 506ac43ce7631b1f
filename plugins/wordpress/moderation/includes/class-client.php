<?php
/**
 * The service, called.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * A call that brought no answer that can be used. The message says what is wrong and what to do.
 */
final class Failure extends \Exception {

	/** @var string The service's own word for it, or one of: unset, unreachable, strange, text. */
	public $reason;

	/** @var bool Whether it is the text that cannot be judged, whoever is asked and however often. */
	public $is_of_text;

	/**
	 * Makes one.
	 *
	 * @param string $reason     See above.
	 * @param string $message    For people.
	 * @param bool   $is_of_text See above.
	 */
	public function __construct( string $reason, string $message, bool $is_of_text = false ) {
		parent::__construct( $message );
		$this->reason     = $reason;
		$this->is_of_text = $is_of_text;
	}
}

/**
 * Its routes. Each call takes at most the time that is set; after three failures in one request (an import, say) it is
 * asked no more, so that a service that is down does not cost that time for every post.
 */
final class Client {

	const MOST_FAILURES = 3;

	/** Seconds that one call takes at most. */
	const LONGEST = 30;

	/** Answers that say that the text is what is wrong; 413 may be a proxy's. */
	const OF_TEXT = array( 400, 413, 422 );

	/** @var int Calls in a row that failed in this request. */
	private $failures = 0;

	/**
	 * The verdict on an entry, and its fields without what was found.
	 *
	 * @param Entry $entry What was written.
	 * @throws Failure It cannot be had.
	 */
	public function clean( Entry $entry ): Verdict {
		$timeout  = (int) Settings::get( 'timeout' ) + intdiv( $entry->size(), Entry::LONG );
		$failures = $this->failures;
		try {
			return Verdict::of( $this->call( 'POST', '/v1/clean', $entry->request(), min( self::LONGEST, $timeout ) ), $entry );
		} catch ( Failure $failure ) {
			// Three long texts in one request must not open it for what comes behind them.
			$this->failures = $entry->size() < Entry::LONG ? $this->failures : $failures;
			throw $failure;
		}
	}

	/**
	 * The verdicts on some entries, in order; a Failure in the place of one that cannot be judged.
	 *
	 * @param Entry[] $entries At most 100.
	 * @return array<int, Verdict|Failure>
	 * @throws Failure They cannot be had.
	 */
	public function check( array $entries ): array {
		$pages = array();
		foreach ( $entries as $entry ) {
			$pages[] = $entry->request();
		}
		$row     = $this->call( 'POST', '/v1/check', array( 'pages' => $pages ), self::LONGEST );
		$results = isset( $row['results'] ) && is_array( $row['results'] ) ? $row['results'] : array();
		if ( count( $results ) !== count( $entries ) ) {
			throw $this->strange();
		}
		$found = array();
		foreach ( array_values( $entries ) as $number => $entry ) {
			try {
				$result = $results[ $number ];
				if ( isset( $result['error'] ) ) {
					throw self::refused( 422, $result );
				}
				$found[] = Verdict::of( $result, $entry );
			} catch ( Failure $failure ) {
				$found[] = $failure;
			}
		}
		return $found;
	}

	/**
	 * Says that an entry is spam or is not.
	 *
	 * @param Entry $entry   What was written.
	 * @param bool  $is_spam What it is.
	 * @throws Failure It is not kept.
	 */
	public function feedback( Entry $entry, bool $is_spam ): void {
		$this->call( 'POST', '/v1/feedback?spam=' . ( $is_spam ? 'true' : 'false' ), $entry->request() );
	}

	/**
	 * What judges.
	 *
	 * @param int|null $timeout Seconds; by default those that are set.
	 * @return array<string, mixed>
	 * @throws Failure It cannot be had.
	 */
	public function model( ?int $timeout = null ): array {
		$row = $this->call( 'GET', '/v1/model', null, $timeout );
		if ( ! isset( $row['model'], $row['policy'] ) || ! is_string( $row['model'] ) || ! is_string( $row['policy'] ) ) {
			throw $this->strange();
		}
		return $row;
	}

	/**
	 * One call.
	 *
	 * @param string     $method  GET or POST.
	 * @param string     $path    The route.
	 * @param array|null $row     The body.
	 * @param int|null   $timeout Seconds; by default those that are set.
	 * @return array<string, mixed>
	 * @throws Failure No answer, or none that can be used.
	 */
	private function call( string $method, string $path, ?array $row = null, ?int $timeout = null ): array {
		if ( '' === Settings::key() ) {
			throw new Failure( 'unset', __( 'No key is set. Enter the one that the service knows this site by.', 'moderation' ) );
		}
		if ( $this->failures >= self::MOST_FAILURES ) {
			throw new Failure( 'unreachable', __( 'The service failed several times in this request and was asked no more.', 'moderation' ) );
		}
		$args = array(
			'method'      => $method,
			'timeout'     => $timeout ?? (int) Settings::get( 'timeout' ),
			'redirection' => 0,
			'headers'     => array(
				'Authorization'   => 'Bearer ' . Settings::key(),
				'Accept'          => 'application/json',
				// What the service says to people is shown to whoever works here.
				'Accept-Language' => str_replace( '_', '-', get_user_locale() ),
			),
		);
		if ( null !== $row ) {
			$args['headers']['Content-Type'] = 'application/json';
			// Not wp_json_encode(), which would send another text than this one where it is no UTF-8. Escaped, a Chinese one would
			// be twice as large.
			$args['body'] = json_encode( $row, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES ); // phpcs:ignore WordPress.WP.AlternativeFunctions
			if ( false === $args['body'] ) {
				throw new Failure( 'text', __( 'The text is no UTF-8 and cannot be sent.', 'moderation' ), true );
			}
		}
		// Not wp_safe_remote_request(), which refuses loopback: that is where the service usually is.
		$answer = wp_remote_request( Settings::url() . $path, $args );
		if ( is_wp_error( $answer ) ) {
			++$this->failures;
			/* translators: 1: address, 2: what the network says */
			$message = sprintf( __( '%1$s cannot be reached: %2$s', 'moderation' ), Settings::url(), $answer->get_error_message() );
			throw new Failure( 'unreachable', $message );
		}
		$status = (int) wp_remote_retrieve_response_code( $answer );
		$found  = json_decode( wp_remote_retrieve_body( $answer ), true );
		// An answer with an error is none, also if it says what to do meanwhile: that is for the settings to say.
		if ( 200 !== $status || ! is_array( $found ) || isset( $found['error'] ) ) {
			$failure = is_array( $found ) && isset( $found['error'] ) ? self::refused( $status, $found ) : $this->strange( $status );
			// A text that cannot be judged is no failure of the service.
			$this->failures += $failure->is_of_text ? 0 : 1;
			throw $failure;
		}
		$this->failures = 0;
		return $found;
	}

	/**
	 * What the service itself says is wrong.
	 *
	 * @param int   $status Of the answer.
	 * @param array $row    The answer.
	 */
	private static function refused( int $status, array $row ): Failure {
		$error  = is_array( $row['error'] ) ? $row['error'] : array();
		$reason = isset( $error['code'] ) && is_string( $error['code'] ) ? $error['code'] : 'strange';
		$said   = isset( $error['message'] ) && is_string( $error['message'] ) ? $error['message'] : '';
		if ( 'key' === $reason ) {
			$said = __( 'The service does not know this key. Enter the one that it printed, or that “moderation key” made.', 'moderation' );
		}
		/* translators: 1: HTTP status, 2: what the service says */
		$message = sprintf( __( 'The service answers %1$d: %2$s', 'moderation' ), $status, $said );
		return new Failure( $reason, $message, in_array( $status, self::OF_TEXT, true ) );
	}

	/**
	 * An answer that is not the service's.
	 *
	 * @param int $status Of the answer.
	 */
	private function strange( int $status = 200 ): Failure {
		/* translators: 1: address, 2: HTTP status */
		$message = __( 'What answers at %1$s (status %2$d) is not the moderation service, or an older one. Check the address.', 'moderation' );
		return new Failure( 'strange', sprintf( $message, Settings::url(), $status ), 413 === $status );
	}
}
