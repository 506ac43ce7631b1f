<?php
/**
 * From a text to what is done with it.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * What is done with a text, and why.
 */
final class Decision {

	/** @var string pass, clean, hold or reject. */
	public $outcome = 'pass';

	/** @var Verdict|null What the service said, if it said anything. */
	public $verdict = null;

	/** @var string Why it said nothing. */
	public $why = '';

	/** Whether the text was let through or held without a verdict. */
	public function is_unchecked(): bool {
		return '' !== $this->why;
	}
}

/**
 * Decides about texts by the settings. A text is asked about once in a request, by whatever doors it comes.
 */
final class Judge {

	const ALLOWED      = 'moderation_allowed';
	const TROUBLE      = 'moderation_trouble';
	const MOST_ALLOWED = 2000;

	/** @var Client */
	private $client;

	/** @var array<string, Decision> By digest. */
	private $decided = array();

	/**
	 * Makes one.
	 *
	 * @param Client $client The service.
	 */
	public function __construct( Client $client ) {
		$this->client = $client;
	}

	/**
	 * What to do with a text.
	 *
	 * @param Entry $entry The text.
	 */
	public function decide( Entry $entry ): Decision {
		$digest = $entry->digest();
		if ( $entry->is_empty() || self::is_allowed( $digest ) ) {
			return new Decision();
		}
		if ( ! isset( $this->decided[ $digest ] ) ) {
			// An import may bring thousands.
			$this->decided            = array_slice( $this->decided, -20 );
			$this->decided[ $digest ] = $this->ask( $entry );
		}
		return $this->decided[ $digest ];
	}

	/**
	 * Lets a text pass from now on, whoever brings it.
	 *
	 * @param Entry $entry The text.
	 */
	public static function allow( Entry $entry ): void {
		$allowed                      = get_option( self::ALLOWED, array() );
		$allowed                      = is_array( $allowed ) ? $allowed : array();
		$allowed[ $entry->digest() ] = time();
		update_option( self::ALLOWED, array_slice( $allowed, -self::MOST_ALLOWED, null, true ), false );
	}

	/**
	 * Whether somebody said that a text is no spam.
	 *
	 * @param string $digest Of the text.
	 */
	public static function is_allowed( string $digest ): bool {
		$allowed = get_option( self::ALLOWED );
		return is_array( $allowed ) && isset( $allowed[ $digest ] );
	}

	/**
	 * Asks the service.
	 *
	 * @param Entry $entry The text.
	 */
	private function ask( Entry $entry ): Decision {
		$decision = new Decision();
		try {
			$decision->verdict = $this->client->clean( $entry );
			self::trouble( '' );
		} catch ( Failure $failure ) {
			if ( 'empty' === $failure->reason ) {
				return $decision;
			}
			$decision->why     = $failure->getMessage();
			$decision->outcome = 'closed' === Settings::get( 'when_down' ) || self::is_by_text( $entry, $failure ) ? 'hold' : 'pass';
			if ( ! $failure->is_of_text ) {
				self::trouble( $decision->why );
			}
			return $decision;
		}
		$action = $decision->verdict->action;
		if ( ! in_array( $action, Verdict::ACTIONS, true ) ) {
			$decision->outcome = 'hold';
			return $decision;
		}
		$wanted = 'allow' === $action ? 'ignore' : Settings::get( "on_$action" );
		if ( 'clean' === $wanted ) {
			$decision->outcome = self::can_be_cleaned( $entry, $decision->verdict ) ? 'clean' : 'hold';
		} elseif ( 'ignore' !== $wanted ) {
			$decision->outcome = $wanted;
		}
		return $decision;
	}

	/**
	 * Whether whoever wrote a text may be the reason that there is no verdict. The setting for a service that is down does not
	 * hold for it then: padding would be a way past.
	 *
	 * @param Entry   $entry   The text.
	 * @param Failure $failure Why there is none.
	 */
	private static function is_by_text( Entry $entry, Failure $failure ): bool {
		return $failure->is_of_text || ( $entry->size() >= Entry::LONG && ! in_array( $failure->reason, array( 'unset', 'key' ), true ) );
	}

	/**
	 * Whether something is left of every field that a cut was made in. A post without its title, or a comment without its
	 * author, is for a person to look at.
	 *
	 * @param Entry   $entry   The text.
	 * @param Verdict $verdict On it.
	 */
	private static function can_be_cleaned( Entry $entry, Verdict $verdict ): bool {
		if ( null === $verdict->cleaned || $verdict->cleaned === $entry->fields ) {
			return false;
		}
		foreach ( $entry->fields as $name => $text ) {
			if ( 0 === strpos( $name, Entry::BESIDE ) && $verdict->cleaned[ $name ] !== $text ) {
				// Other plug-ins keep it; it is not stored with the post.
				return false;
			}
			if ( '' !== trim( $text ) && '' === trim( wp_strip_all_tags( $verdict->cleaned[ $name ] ) ) && 'summary' !== $name ) {
				return false;
			}
		}
		return ! in_array( 'meta.url', array_column( $verdict->findings, 'field' ), true );
	}

	/**
	 * Remembers since when the service has not answered, for the notice; written only when that changes.
	 *
	 * @param string $why What is wrong, or nothing.
	 */
	private static function trouble( string $why ): void {
		$known = get_option( self::TROUBLE );
		if ( '' === $why ) {
			if ( $known ) {
				update_option( self::TROUBLE, '' );
			}
		} elseif ( ! is_array( $known ) || $known['why'] !== $why ) {
			$since = is_array( $known ) ? $known['since'] : time();
			update_option( self::TROUBLE, compact( 'since', 'why' ) );
		}
	}
}
