<?php
/**
 * One answer to many posts.
 *
 * @package Moderation
 */

namespace Moderation\Admin;

use Moderation\Answers;
use Moderation\Record;

defined( 'ABSPATH' ) || exit;

/**
 * “Mark as spam” and “Mark as not spam” for the posts that are ticked in a list. Each is answered as by its own button: by
 * somebody who may, and only where it is still what the list has shown. Its row says what that was.
 */
final class Bulk_Answers {

	/** Answers by action. */
	const ANSWERS = array( 'moderation_spam' => 'spam', 'moderation_not_spam' => 'not_spam' );

	/** The fields of the rows. */
	const SEEN = 'moderation_seen';

	/** Posts that a notice names. */
	const NAMED = 10;

	/** @var Answers */
	private $answers;

	/**
	 * Makes one.
	 *
	 * @param Answers $answers Gives them.
	 */
	public function __construct( Answers $answers ) {
		$this->answers = $answers;
	}

	/** Takes its places. */
	public function hook(): void {
		add_action(
			'admin_init',
			function () {
				foreach ( Lists::types() as $type ) {
					add_filter( "bulk_actions-edit-$type", array( $this, 'add' ), 11 );
					add_filter( "handle_bulk_actions-edit-$type", array( $this, 'handle' ), 10, 3 );
				}
			}
		);
		add_filter(
			'removable_query_args',
			static function ( $names ) {
				// Without scripts a list that is filtered would carry them in its address.
				return array_merge( $names, array( self::SEEN ) );
			}
		);
	}

	/**
	 * Prints what the row of a post says was seen, where this person may answer.
	 *
	 * @param int $id The post.
	 */
	public static function field( int $id ): void {
		if ( array_intersect( self::ANSWERS, array_keys( Answers::for( 'post', $id ) ) ) ) {
			printf( '<input type="hidden" name="%s[%d]" value="%s">', esc_attr( self::SEEN ), (int) $id, esc_attr( Answers::token( $id ) ) );
		}
	}

	/**
	 * Adds the answers to what can be done with posts that are ticked.
	 *
	 * @param array $actions By name.
	 */
	public function add( $actions ) {
		// phpcs:ignore WordPress.Security.NonceVerification -- it only reads.
		if ( isset( $_GET['post_status'] ) && 'trash' === $_GET['post_status'] ) {
			return $actions;
		}
		$actions['moderation_spam']     = __( 'Mark as spam', 'moderation' );
		$actions['moderation_not_spam'] = __( 'Mark as not spam', 'moderation' );
		return $actions;
	}

	/**
	 * Answers for the posts that are ticked; WordPress has checked the nonce of the list.
	 *
	 * @param string $back   Where to go afterwards.
	 * @param string $action Which was chosen.
	 * @param int[]  $ids    The posts.
	 */
	public function handle( $back, $action, $ids ) {
		if ( ! isset( self::ANSWERS[ $action ] ) ) {
			return $back;
		}
		// phpcs:ignore WordPress.Security -- see above; each is compared, and used for nothing else.
		$tokens = isset( $_REQUEST[ self::SEEN ] ) && is_array( $_REQUEST[ self::SEEN ] ) ? wp_unslash( $_REQUEST[ self::SEEN ] ) : array();
		$answer = self::ANSWERS[ $action ];
		$found  = array();
		foreach ( array_unique( array_map( 'intval', (array) $ids ) ) as $id ) {
			$token           = $tokens[ $id ] ?? '';
			$why             = $this->answers->give_ticked( $id, $answer, is_string( $token ) ? $token : '' );
			$found[ $why ][] = $id;
		}
		Answers::say( self::said( $answer, $found ) );
		return remove_query_arg( self::SEEN, $back );
	}

	/**
	 * What was done, and what was left and why.
	 *
	 * @param string               $answer The answer.
	 * @param array<string, int[]> $found  The posts by why nothing was done; under the empty reason those that are decided.
	 */
	private static function said( string $answer, array $found ): string {
		$done = $found[''] ?? array();
		unset( $found[''] );
		$all = count( $done ) + array_sum( array_map( 'count', $found ) );
		/* translators: 1: number of posts, 2: of how many */
		$spam = __( 'Marked as spam and moved to the trash: %1$d of %2$d.', 'moderation' );
		/* translators: 1: number of posts, 2: of how many */
		$not_spam = __( 'Marked as not spam: %1$d of %2$d.', 'moderation' );
		$said     = array( sprintf( 'spam' === $answer ? $spam : $not_spam, count( $done ), $all ) );
		foreach ( array_intersect_key( self::reasons(), $found ) as $why => $reason ) {
			$said[] = sprintf( $reason, self::numbers( $found[ $why ] ) );
		}
		$untold = array_filter(
			$done,
			static function ( $id ) {
				return metadata_exists( 'post', $id, Record::UNSENT );
			}
		);
		if ( $untold ) {
			/* translators: %s: how many posts, and which */
			$said[] = sprintf( __( 'The service does not answer and will be told later: %s.', 'moderation' ), self::numbers( $untold ) );
		}
		return implode( ' ', $said );
	}

	/**
	 * Why posts are left.
	 *
	 * @return array<string, string>
	 */
	private static function reasons(): array {
		return array(
			/* translators: %s: how many posts, and which */
			'changed'   => __( 'Left, since it is not what the list has shown: %s.', 'moderation' ),
			/* translators: %s: how many posts, and which */
			'edited'    => __( 'Left, since somebody has edited it since it was cleaned: %s.', 'moderation' ),
			/* translators: %s: how many posts, and which */
			'nothing'   => __( 'Left, since this cannot be answered about it: %s.', 'moderation' ),
			/* translators: %s: how many posts, and which */
			'denied'    => __( 'Left, since you may not decide about it: %s.', 'moderation' ),
			/* translators: %s: how many posts, and which */
			'busy'      => __( 'Left, since somebody else is answering: %s.', 'moderation' ),
			/* translators: %s: how many posts, and which */
			'unchecked' => __( 'Left, since it was never checked: %s. Its own buttons decide about it.', 'moderation' ),
		);
	}

	/**
	 * How many posts, and which.
	 *
	 * @param int[] $ids The posts.
	 */
	private static function numbers( array $ids ): string {
		$named = '#' . implode( ', #', array_slice( $ids, 0, self::NAMED ) );
		return sprintf( '%d (%s%s)', count( $ids ), $named, count( $ids ) > self::NAMED ? ', …' : '' );
	}
}
