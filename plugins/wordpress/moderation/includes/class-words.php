<?php
/**
 * Sentences for people: plain text, to be escaped where it is printed.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * What is said of findings and records.
 */
final class Words {

	/**
	 * A finding: where, what, its masked text, and why.
	 *
	 * @param array $finding Of a record.
	 */
	public static function finding( array $finding ): string {
		$where = self::field( (string) $finding['field'] );
		if ( '' !== $finding['hidden'] ) {
			/* translators: %s: how a text is hidden, for example display-none */
			$where .= ' ' . sprintf( __( '(hidden: %s)', 'moderation' ), $finding['hidden'] );
		}
		$text = '' === $finding['masked'] ? __( 'text withheld', 'moderation' ) : '“' . $finding['masked'] . '”';
		/* translators: 1: field, 2: label, 3: masked text, 4: list of reason codes */
		return sprintf( __( '%1$s, %2$s: %3$s (%4$s)', 'moderation' ), $where, $finding['label'], $text, implode( ', ', $finding['reasons'] ) );
	}

	/**
	 * A finding in few words: where, and its masked text.
	 *
	 * @param array $finding Of a record.
	 */
	public static function brief( array $finding ): string {
		$text = '' === $finding['masked'] ? __( 'text withheld', 'moderation' ) : $finding['masked'];
		/* translators: 1: field, 2: masked text */
		return sprintf( __( '%1$s: %2$s', 'moderation' ), self::field( (string) $finding['field'] ), $text );
	}

	/**
	 * A field of an entry.
	 *
	 * @param string $name title, summary, html, meta.url or block.
	 */
	public static function field( string $name ): string {
		$names = array(
			'title'    => __( 'title', 'moderation' ),
			'summary'  => __( 'excerpt', 'moderation' ),
			'html'     => __( 'text', 'moderation' ),
			'meta.url' => __( 'link', 'moderation' ),
			'block'    => __( 'setting of a block', 'moderation' ),
		);
		return $names[ $name ] ?? $name;
	}

	/**
	 * What happened, in a word or two.
	 *
	 * @param string $state Of a record.
	 */
	public static function state( string $state ): string {
		$states = array(
			'cleaned'   => __( 'Cleaned', 'moderation' ),
			'held'      => __( 'Held', 'moderation' ),
			'unchecked' => __( 'Not checked', 'moderation' ),
			'flagged'   => __( 'Flagged', 'moderation' ),
		);
		return $states[ $state ] ?? $state;
	}

	/**
	 * Why there is no verdict. Where the service is, and what it says, is for those who set it up.
	 *
	 * @param string $why What is wrong.
	 */
	public static function why( string $why ): string {
		return current_user_can( 'manage_options' ) ? $why : __( 'The service gave no verdict.', 'moderation' );
	}

	/**
	 * What happened to a post or comment and what can be done, in a sentence.
	 *
	 * @param array  $row    The record.
	 * @param string $status Its status now.
	 */
	public static function story( array $row, string $status ): string {
		switch ( $row['state'] ) {
			case 'cleaned':
				return __( 'Injected text was cut from this before it was stored. The text as it was is kept and can be put back.', 'moderation' );
			case 'held':
				return __( 'This is held for a person to look at: it was taken for injected spam. Nothing of it was changed.', 'moderation' );
			case 'flagged':
				return __( 'An audit takes parts of this for injected spam. Nothing was changed.', 'moderation' );
			default:
				$said = in_array( $status, array( 'publish', 'future', 'private', '1', 'approved' ), true )
					? __( 'This was let through without being checked:', 'moderation' )
					: __( 'This is held, since it could not be checked:', 'moderation' );
				return trim( "$said " . self::why( (string) $row['why'] ) );
		}
	}
}
