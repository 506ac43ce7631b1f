<?php
/**
 * What is kept of a verdict, beside the post or comment it was on.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * Private fields of a post or a comment: the record of the latest verdict that changed something (masked), its state once
 * more to search by, and the texts as they were before they were cleaned.
 */
final class Record {

	const KEY       = '_moderation';
	const STATE     = '_moderation_state';
	const ORIGINAL  = '_moderation_original';
	const UNSENT    = '_moderation_unsent';
	const ORIGINALS = 10;

	/** What can have happened to a text. */
	const STATES = array( 'cleaned', 'held', 'unchecked', 'flagged' );

	/**
	 * The record of a decision.
	 *
	 * @param string   $state    One of STATES.
	 * @param Decision $decision What was decided.
	 * @param string   $meant    The status the text was to have.
	 * @return array<string, mixed>
	 */
	public static function of( string $state, Decision $decision, string $meant ): array {
		$verdict = $decision->verdict;
		return array(
			'state'    => $state,
			'action'   => $verdict ? $verdict->action : '',
			'findings' => $verdict ? $verdict->findings : array(),
			'judge'    => $verdict ? $verdict->judge : '',
			'why'      => $decision->why,
			'meant'    => $meant,
			'time'     => time(),
		);
	}

	/**
	 * The record, or null.
	 *
	 * @param string $kind post or comment.
	 * @param int    $id   Its number.
	 */
	public static function get( string $kind, int $id ): ?array {
		$row = get_metadata( $kind, $id, self::KEY, true );
		if ( ! is_array( $row ) || ! in_array( $row['state'] ?? '', self::STATES, true ) ) {
			return null;
		}
		return $row + array( 'action' => '', 'findings' => array(), 'judge' => '', 'why' => '', 'meant' => '', 'time' => 0, 'digest' => '' );
	}

	/**
	 * Keeps a record in the place of the former one.
	 *
	 * @param string $kind post or comment.
	 * @param int    $id   Its number.
	 * @param array  $row  As made by of().
	 */
	public static function set( string $kind, int $id, array $row ): void {
		update_metadata( $kind, $id, self::KEY, wp_slash( $row ) );
		update_metadata( $kind, $id, self::STATE, $row['state'] );
	}

	/**
	 * Forgets the record; texts that were cleaned stay.
	 *
	 * @param string $kind post or comment.
	 * @param int    $id   Its number.
	 */
	public static function forget( string $kind, int $id ): void {
		delete_metadata( $kind, $id, self::KEY );
		delete_metadata( $kind, $id, self::STATE );
	}

	/**
	 * Keeps a text as it was before it was cleaned.
	 *
	 * @param string                $kind   post or comment.
	 * @param int                   $id     Its number.
	 * @param array<string, string> $fields The entry's fields.
	 */
	public static function keep_original( string $kind, int $id, array $fields ): void {
		$kept = get_metadata( $kind, $id, self::ORIGINAL );
		$kept = is_array( $kept ) ? $kept : array();
		if ( end( $kept ) === $fields ) {
			return;
		}
		add_metadata( $kind, $id, self::ORIGINAL, wp_slash( $fields ) );
		if ( count( $kept ) >= self::ORIGINALS ) {
			// The first stays: nobody gets rid of it by writing ten more.
			delete_metadata( $kind, $id, self::ORIGINAL, wp_slash( $kept[1] ) );
		}
	}

	/**
	 * The text as it was before it was cleaned last, or null.
	 *
	 * @param string $kind post or comment.
	 * @param int    $id   Its number.
	 * @return array<string, string>|null
	 */
	public static function original( string $kind, int $id ): ?array {
		$kept = get_metadata( $kind, $id, self::ORIGINAL );
		$last = is_array( $kept ) ? end( $kept ) : false;
		return is_array( $last ) ? array_map( 'strval', $last ) : null;
	}

	/**
	 * Forgets the texts as they were.
	 *
	 * @param string $kind post or comment.
	 * @param int    $id   Its number.
	 */
	public static function forget_originals( string $kind, int $id ): void {
		delete_metadata( $kind, $id, self::ORIGINAL );
	}
}
