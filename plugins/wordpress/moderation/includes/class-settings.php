<?php
/**
 * What the owner of the site has set, and what a form may set it to.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * One option that holds them all but the key, which has one of its own that is read only where it is used. MODERATION_URL and
 * MODERATION_KEY in wp-config.php come before them.
 *
 * A key goes to no address but the one that it was entered for. One of wp-config.php goes to the address that stands there
 * too: in a network, whoever administers a site could have it sent elsewhere.
 */
final class Settings {

	const OPTION = 'moderation_settings';
	const KEY    = 'moderation_service_key';

	/** What may be done with each verdict: only a text with findings to cut can be cleaned. */
	const CHOICES = array(
		'on_clean'  => array( 'clean', 'hold', 'reject', 'ignore' ),
		'on_review' => array( 'hold', 'reject', 'ignore' ),
		'on_reject' => array( 'reject', 'hold', 'ignore' ),
	);

	/** Types that are shown as parts of others: a post that only refers to a pattern says what the pattern says. */
	const PARTS = array( 'wp_block', 'wp_template', 'wp_template_part', 'wp_navigation', 'nav_menu_item' );

	/**
	 * What holds where nothing is set.
	 *
	 * @return array<string, mixed>
	 */
	public static function defaults(): array {
		return array(
			'url'       => 'http://127.0.0.1:8000',
			'timeout'   => 3,
			'when_down' => 'open',
			'on_clean'  => 'clean',
			'on_review' => 'hold',
			'on_reject' => 'reject',
			'types'     => null,
			'drafts'    => false,
			'comments'  => true,
			'fields'    => true,
		);
	}

	/**
	 * One setting.
	 *
	 * @param string $name Its name.
	 * @return mixed
	 */
	public static function get( string $name ) {
		$set = get_option( self::OPTION );
		$all = array_merge( self::defaults(), is_array( $set ) ? $set : array() );
		return $all[ $name ];
	}

	/** Where the service is, without a slash at the end. */
	public static function url(): string {
		if ( defined( 'MODERATION_URL' ) ) {
			return untrailingslashit( (string) MODERATION_URL );
		}
		return untrailingslashit( (string) ( defined( 'MODERATION_KEY' ) ? self::defaults()['url'] : self::get( 'url' ) ) );
	}

	/** The key it knows this site by. */
	public static function key(): string {
		return defined( 'MODERATION_KEY' ) ? (string) MODERATION_KEY : (string) get_option( self::KEY, '' );
	}

	/** What may be shown of the key: that there is one, and its last two characters if it is this site's own. */
	public static function key_hint(): string {
		$key = self::key();
		return '' === $key ? '' : '••••••••' . ( defined( 'MODERATION_KEY' ) ? '' : substr( $key, -2 ) );
	}

	/** Whether the address is set by wp-config.php: by itself, or as the one that the key there belongs to. */
	public static function is_url_fixed(): bool {
		return defined( 'MODERATION_URL' ) || defined( 'MODERATION_KEY' );
	}

	/** Whether texts and key go over a network as anybody there can read them. */
	public static function is_exposed(): bool {
		$parts = wp_parse_url( self::url() );
		$host  = trim( strtolower( (string) ( $parts['host'] ?? '' ) ), '[]' );
		return 'https' !== ( $parts['scheme'] ?? '' ) && ! in_array( $host, array( 'localhost', '::1' ), true ) && ! preg_match( '/^127(\.\d{1,3}){3}$/D', $host );
	}

	/**
	 * Stores the key, where no other request of this site loads it.
	 *
	 * @param string $key The key, or nothing.
	 */
	private static function keep_key( string $key ): void {
		// What is there already keeps how it is loaded; WordPress 6.0 knows only 'no'.
		add_option( self::KEY, '', '', 'no' );
		update_option( self::KEY, $key );
	}

	/** Types of posts that can be guarded: what readers see, and the patterns, templates and menus it is made of. */
	public static function possible_types(): array {
		$types = array_diff( get_post_types( array( 'public' => true ) ), array( 'attachment' ) );
		foreach ( self::PARTS as $type ) {
			if ( post_type_exists( $type ) ) {
				$types[ $type ] = $type;
			}
		}
		return array_values( $types );
	}

	/** Types of posts that are guarded: all that can be, unless some were chosen. */
	public static function types(): array {
		$types = self::get( 'types' );
		return is_array( $types ) ? array_values( $types ) : self::possible_types();
	}

	/**
	 * What a form sent, as it may be stored. A field that is wrong keeps what it was and says so.
	 *
	 * @param mixed $given The form's fields.
	 * @return array<string, mixed>
	 */
	public static function sanitize( $given ): array {
		$given    = is_array( $given ) ? $given : array();
		$set      = get_option( self::OPTION );
		$is_moved = false;
		$now      = array_merge( self::defaults(), is_array( $set ) ? $set : array() );
		if ( isset( $given['url'] ) ) {
			$url   = untrailingslashit( esc_url_raw( trim( (string) $given['url'] ), array( 'http', 'https' ) ) );
			$parts = wp_parse_url( $url );
			if ( empty( $parts['host'] ) ) {
				self::complain( 'url', __( 'The address is no http:// or https:// address; the former one was kept.', 'moderation' ) );
			} else {
				$is_moved   = self::origin( $url ) !== self::origin( (string) $now['url'] );
				$now['url'] = $url;
			}
		}
		$key = isset( $given['key'] ) ? trim( (string) $given['key'] ) : '';
		if ( '' !== $key ) {
			// A key goes into a header: nothing that could end one.
			if ( preg_match( '/^[\x21-\x7e]{1,200}$/', $key ) ) {
				self::keep_key( $key );
				$is_moved = false;
			} else {
				self::complain( 'key', __( 'A key has no blanks and no other than ASCII characters; the former one was kept.', 'moderation' ) );
			}
		} elseif ( ! empty( $given['forget_key'] ) ) {
			self::keep_key( '' );
		}
		if ( $is_moved && '' !== get_option( self::KEY, '' ) ) {
			self::keep_key( '' );
			self::complain( 'key', __( 'The address is another host: enter the key that is known there. The former one was forgotten, and not sent.', 'moderation' ) );
		}
		unset( $now['key'] );
		if ( isset( $given['timeout'] ) ) {
			$now['timeout'] = min( 30, max( 1, (int) $given['timeout'] ) );
		}
		if ( isset( $given['when_down'] ) && in_array( $given['when_down'], array( 'open', 'closed' ), true ) ) {
			$now['when_down'] = $given['when_down'];
		}
		foreach ( self::CHOICES as $name => $choices ) {
			if ( isset( $given[ $name ] ) && in_array( $given[ $name ], $choices, true ) ) {
				$now[ $name ] = $given[ $name ];
			}
		}
		if ( array_key_exists( 'types', $given ) ) {
			$types        = is_array( $given['types'] ) ? array_map( 'strval', $given['types'] ) : null;
			$now['types'] = null === $types ? null : array_values( array_intersect( $types, self::possible_types() ) );
		}
		foreach ( array( 'drafts', 'comments', 'fields' ) as $name ) {
			if ( isset( $given[ $name ] ) ) {
				$now[ $name ] = (bool) $given[ $name ];
			}
		}
		return $now;
	}

	/**
	 * What of an address a key belongs to: scheme, host and port.
	 *
	 * @param string $url The address.
	 * @return array<int, mixed>
	 */
	private static function origin( string $url ): array {
		$parts = wp_parse_url( strtolower( $url ) );
		$parts = is_array( $parts ) ? $parts : array();
		return array( $parts['scheme'] ?? '', $parts['host'] ?? '', $parts['port'] ?? ( 'https' === ( $parts['scheme'] ?? '' ) ? 443 : 80 ) );
	}

	/**
	 * Shows an error above the form, where there is one.
	 *
	 * @param string $field   The field.
	 * @param string $message What is wrong, and what was done.
	 */
	private static function complain( string $field, string $message ): void {
		if ( function_exists( 'add_settings_error' ) ) {
			add_settings_error( self::OPTION, "moderation_$field", $message );
		}
	}
}
