<?php
/**
 * What the service says of an entry.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * A verdict, in which what was found is masked: that is all that is kept of it and shown.
 */
final class Verdict {

	const MOST_FINDINGS = 10;
	const MOST_REASONS  = 5;
	const LONGEST       = 120;

	const ACTIONS = array( 'allow', 'clean', 'review', 'reject' );

	/** @var string One of ACTIONS, or unknown: what a newer service says is for a person, whatever it means. */
	public $action;

	/** @var array<int, array{field: string, label: string, score: float, hidden: string, masked: string, words: string[], reasons: string[]}> */
	public $findings = array();

	/** @var string[] What all findings stand in, also those that are not kept. */
	public $places = array();

	/** @var array<string, string>|null The entry's fields without what was found; null where it was not asked for or cannot be. */
	public $cleaned = null;

	/** @var string What judged, and by which policy. */
	public $judge;

	/**
	 * The verdict in an answer.
	 *
	 * @param mixed $row   The answer, decoded.
	 * @param Entry $entry What was asked about.
	 * @throws Failure It is none.
	 */
	public static function of( $row, Entry $entry ): self {
		$action   = is_array( $row ) && is_string( $row['action'] ?? null ) ? $row['action'] : '';
		$is_newer = '' !== $action && ! in_array( $action, self::ACTIONS, true );
		if ( '' === $action || ( ! $is_newer && ! is_array( $row['findings'] ?? null ) ) ) {
			throw self::none();
		}
		$verdict         = new self();
		$verdict->action = $is_newer ? 'unknown' : $action;
		$verdict->judge  = self::line( $row['model'] ?? '' ) . ' · ' . self::line( $row['policy'] ?? '' );
		$elsewhere       = 0;
		foreach ( is_array( $row['findings'] ?? null ) ? $row['findings'] : array() as $finding ) {
			$field = is_array( $finding ) && is_string( $finding['field'] ?? null ) ? $finding['field'] : '';
			if ( 'meta.url' === $field || 'html' === $field || isset( $entry->fields[ $entry->own( $field ) ] ) ) {
				$start               = is_int( $finding['field_start'] ?? null ) ? max( 0, $finding['field_start'] ) : 0;
				$place               = array( 'field' => $entry->place( $field, $start ) );
				$verdict->findings[] = self::finding( $place + $finding );
			} elseif ( Entry::SITE_NAME === $field ) {
				++$elsewhere;
			} elseif ( ! $is_newer ) {
				throw self::none();
			}
		}
		$verdict->places   = array_values( array_unique( array_column( $verdict->findings, 'field' ) ) );
		$verdict->findings = array_slice( $verdict->findings, 0, self::MOST_FINDINGS );
		if ( $elsewhere && ! $verdict->findings && ! $is_newer ) {
			// All that was found is the name of the site itself, which is not what is being judged.
			$verdict->action = 'allow';
		}
		if ( is_array( $row['fields'] ?? null ) && is_array( $row['cuts'] ?? null ) ) {
			$verdict->cleaned = $entry->without( $row['cuts'], $row['fields'] );
		}
		return $verdict;
	}

	/**
	 * A text in which every word is its first character: its shape can still be told.
	 *
	 * @param string $text Any.
	 */
	public static function mask( string $text ): string {
		$masked = preg_replace_callback(
			'/[^\W_]+/u',
			static function ( $word ) {
				preg_match( '/^./us', $word[0], $first );
				return $first[0] . str_repeat( '*', (int) preg_match_all( '/./us', $word[0] ) - 1 );
			},
			$text
		);
		return self::line( $masked ?? '' );
	}

	/**
	 * One finding, as it is kept.
	 *
	 * @param array $finding As the service says it.
	 */
	private static function finding( array $finding ): array {
		$reasons = array();
		$terms   = array();
		foreach ( is_array( $finding['reasons'] ?? null ) ? $finding['reasons'] : array() as $reason ) {
			$code = is_array( $reason ) && is_string( $reason['code'] ?? null ) ? $reason['code'] : '';
			if ( ! is_array( $reason ) || ! is_numeric( $reason['weight'] ?? null ) || $reason['weight'] <= 0 ) {
				continue;
			}
			if ( 0 === strpos( $code, 'term:' ) ) {
				$terms[] = array( 'word' => substr( $code, 5 ) ) + $reason;
			} else {
				$reasons[] = self::line( $code );
			}
		}
		return array(
			'field'   => self::line( $finding['field'] ),
			'label'   => self::line( $finding['label'] ?? '' ),
			'score'   => (float) ( $finding['score'] ?? 0 ),
			'hidden'  => self::line( $finding['hidden'] ?? '' ),
			'masked'  => self::mask( is_string( $finding['text'] ?? null ) ? $finding['text'] : '' ),
			'words'   => array_slice( self::words( $terms ), 0, self::MOST_REASONS ),
			'reasons' => array_slice( array_values( array_unique( array_filter( $reasons ) ) ), 0, self::MOST_REASONS ),
		);
	}

	/**
	 * Words that speak for spam, those that touch as one, the strongest first, masked as what was found is.
	 *
	 * @param array<int, array<string, mixed>> $terms Reasons with their words.
	 * @return string[]
	 */
	private static function words( array $terms ): array {
		usort(
			$terms,
			static function ( $one, $other ) {
				return (int) ( $one['start'] ?? -1 ) <=> (int) ( $other['start'] ?? -1 );
			}
		);
		$groups = array();
		$end    = -1;
		foreach ( $terms as $term ) {
			$last = count( $groups ) - 1;
			if ( $last >= 0 && isset( $term['start'] ) && (int) $term['start'] === $end ) {
				$groups[ $last ]['word']   .= $term['word'];
				$groups[ $last ]['weight'] += $term['weight'];
			} else {
				$groups[] = array( 'word' => $term['word'], 'weight' => $term['weight'] );
			}
			$end = (int) ( $term['end'] ?? -1 );
		}
		usort(
			$groups,
			static function ( $one, $other ) {
				return $other['weight'] <=> $one['weight'];
			}
		);
		return array_map( array( __CLASS__, 'mask' ), array_column( $groups, 'word' ) );
	}

	/** What is wrong with an answer that is no verdict. */
	private static function none(): Failure {
		return new Failure( 'strange', __( 'The service answers with something that is no verdict. Check the address.', 'moderation' ) );
	}

	/**
	 * A text on one line, without characters that steer a reader's screen, and not too long.
	 *
	 * @param mixed $text Any; what is no string is nothing.
	 */
	private static function line( $text ): string {
		$text = is_string( $text ) ? (string) preg_replace( '/[\p{C}\p{Z}\s]+/u', ' ', $text ) : '';
		return preg_match( '/^.{' . self::LONGEST . '}(?=.)/us', $text, $start ) ? $start[0] . '…' : trim( $text );
	}
}
