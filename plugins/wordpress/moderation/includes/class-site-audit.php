<?php
/**
 * An audit of all that stands on the site, in steps.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * Keeps how far an audit has come, so that it goes on where it stopped: a page asks for one step after the other. There is one
 * at a time. Who changes what is kept compares it with what was read: a step that ends does not undo a “cancel”.
 */
final class Site_Audit {

	const OPTION = 'moderation_site_audit';

	/** Posts of one step; fewer where each that is flagged is judged once more and stored. */
	const STEP       = 50;
	const STEP_APPLY = 10;

	/** Posts that are listed when it is done; all are marked. */
	const MOST_ROWS = 500;

	/** Seconds that a step takes at most. */
	const LOCKED = 180;

	/** @var Audit */
	private $audit;

	/**
	 * Makes one.
	 *
	 * @param Audit $audit Judges posts.
	 */
	public function __construct( Audit $audit ) {
		$this->audit = $audit;
	}

	/**
	 * How far it has come, or null where none was begun.
	 *
	 * @return array{id: string, state: string, types: string[], apply: bool, total: int, done: int, checked: int, flagged: int,
	 *               last: int, rows: int[], errors: array<int, string>, why: string, began: int, moved: int}|null `state` is
	 *               running, stopped (`why` says what is wrong), cancelled or done; `done` of `total` posts are behind it, up
	 *               to the number `last`; `rows` are the posts that were flagged.
	 */
	public static function get(): ?array {
		return self::decoded( self::stored() );
	}

	/**
	 * Begins one.
	 *
	 * @param string[] $types    Of posts.
	 * @param bool     $is_apply Whether what is flagged is treated as the settings say.
	 * @return bool Whether it was begun: not while another one is running.
	 */
	public function start( array $types, bool $is_apply ): bool {
		$kept = array(
			'id'    => wp_generate_password( 12, false ),
			'state' => 'running',
			'types' => array_values( $types ),
			'apply' => $is_apply,
			'total' => $this->audit->count( array( 'types' => $types ) ),
			'began' => time(),
			'moved' => time(),
			'why'   => '',
		);
		$kept += array_fill_keys( array( 'done', 'checked', 'flagged', 'last' ), 0 ) + array( 'rows' => array(), 'errors' => array() );
		// What is there already stays, whoever comes first.
		add_option( self::OPTION, '{}', '', 'no' );
		$now = self::change(
			static function ( ?array $old ) use ( $kept ) {
				return $old && 'running' === $old['state'] ? $old : $kept;
			}
		);
		return $now['id'] === $kept['id'];
	}

	/** Judges the next posts of the one that is running. */
	public function step(): ?array {
		if ( ! Lock::take( 'site_audit', self::LOCKED ) ) {
			// Another window does.
			return self::get();
		}
		// Its window may be closed meanwhile.
		ignore_user_abort( true );
		try {
			$kept = self::get();
			if ( ! $kept || 'running' !== $kept['state'] ) {
				return $kept;
			}
			$most  = $kept['apply'] ? self::STEP_APPLY : self::STEP;
			$ask   = array( 'types' => $kept['types'], 'apply' => $kept['apply'] );
			$found = $this->audit->run( $ask + array( 'after' => $kept['last'], 'limit' => $most ) );
			$state = $found['checked'] < $most ? 'done' : 'running';
			$state = '' === $found['stopped'] ? $state : 'stopped';
			$total = $this->audit->count( $ask );
			// Posts without a text are passed over, also behind the last one that has some.
			$left = 'done' === $state ? 0 : $this->audit->count( $ask + array( 'after' => $found['last'] ) );
			return self::change(
				static function ( ?array $now ) use ( $kept, $found, $state, $total, $left ) {
					$is_same = $now && $now['id'] === $kept['id'] && $now['last'] === $kept['last'];
					return $is_same ? self::moved( $now, $found, $state, $total, $total - $left ) : $now;
				}
			);
		} finally {
			Lock::free( 'site_audit' );
		}
	}

	/** Stops the one that is running; what was marked stays so. */
	public static function cancel(): void {
		self::turn( array( 'running', 'stopped' ), 'cancelled' );
	}

	/** Goes on where it stopped. */
	public static function resume(): void {
		self::turn( array( 'stopped', 'cancelled' ), 'running' );
	}

	/**
	 * What is kept after a step.
	 *
	 * @param array  $kept  What was kept before it.
	 * @param array  $found What the audit has found.
	 * @param string $state What follows from it.
	 * @param int    $total Posts that there are now.
	 * @param int    $done  How many of them are behind it.
	 */
	private static function moved( array $kept, array $found, string $state, int $total, int $done ): array {
		foreach ( $found['rows'] as $row ) {
			if ( '' !== $row['error'] ) {
				$kept['errors'][ $row['id'] ] = $row['error'];
			} else {
				$kept['rows'][] = $row['id'];
			}
		}
		$kept['rows']     = array_slice( $kept['rows'], 0, self::MOST_ROWS );
		$kept['errors']   = array_slice( $kept['errors'], 0, self::MOST_ROWS, true );
		$kept['checked'] += $found['checked'];
		$kept['flagged'] += $found['flagged'];
		$kept['last']     = $found['last'];
		$kept['why']      = $found['stopped'];
		$kept['total']    = $total;
		$kept['done']     = $done;
		$kept['moved']    = time();
		// Somebody has cancelled it meanwhile: it can go on later all the same.
		$kept['state'] = 'running' === $kept['state'] ? $state : $kept['state'];
		return $kept;
	}

	/**
	 * Brings it into another state.
	 *
	 * @param string[] $from The states it may be in.
	 * @param string   $to   The state it is in then.
	 */
	private static function turn( array $from, string $to ): void {
		self::change(
			static function ( ?array $now ) use ( $from, $to ) {
				return $now && in_array( $now['state'], $from, true ) ? array( 'state' => $to, 'why' => '' ) + $now : $now;
			}
		);
	}

	/**
	 * Changes what is kept, if nobody else has changed it meanwhile, and otherwise once more.
	 *
	 * @param callable $how From what is kept to what is to be kept; null where there is nothing.
	 */
	private static function change( callable $how ): ?array {
		global $wpdb;
		for ( $attempt = 0; $attempt < 10; ++$attempt ) {
			$old = self::stored();
			$now = $how( self::decoded( $old ) );
			if ( null === $old || null === $now ) {
				return null;
			}
			$new = wp_json_encode( $now );
			$is  = array( 'option_name' => self::OPTION, 'option_value' => $old );
			if ( $new === $old || $wpdb->update( $wpdb->options, array( 'option_value' => $new ), $is ) ) {
				wp_cache_delete( self::OPTION, 'options' );
				return $now;
			}
		}
		return self::get();
	}

	/** What is kept, past all caches. */
	private static function stored(): ?string {
		global $wpdb;
		$sql = "SELECT option_value FROM {$wpdb->options} WHERE option_name = %s";
		return $wpdb->get_var( $wpdb->prepare( $sql, self::OPTION ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	}

	/**
	 * What is kept, read.
	 *
	 * @param string|null $stored As it is stored.
	 */
	private static function decoded( ?string $stored ): ?array {
		$kept = null === $stored ? null : json_decode( $stored, true );
		return is_array( $kept ) && isset( $kept['id'], $kept['state'], $kept['last'] ) ? $kept : null;
	}
}
