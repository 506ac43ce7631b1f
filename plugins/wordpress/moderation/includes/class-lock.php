<?php
/**
 * A lock that one of all requests gets.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * A row of options: there once, whoever asks. One that is older than it may be was left behind, and is taken over.
 */
final class Lock {

	const PREFIX = 'moderation_lock_';

	/**
	 * Takes a lock.
	 *
	 * @param string $name    Behind the prefix.
	 * @param int    $seconds How long one is held at most.
	 */
	public static function take( string $name, int $seconds ): bool {
		global $wpdb;
		$name = self::PREFIX . $name;
		// Not add_option(), which takes what is there already for its own where two come at once.
		$sql   = "INSERT IGNORE INTO {$wpdb->options} (option_name, option_value, autoload) VALUES (%s, %s, 'no')";
		$query = $wpdb->prepare( $sql, $name, (string) time() ); // phpcs:ignore WordPress.DB.PreparedSQL
		if ( $wpdb->query( $query ) ) { // phpcs:ignore WordPress.DB.PreparedSQL
			return true;
		}
		// phpcs:ignore WordPress.DB.PreparedSQL
		$wpdb->query( $wpdb->prepare( "DELETE FROM {$wpdb->options} WHERE option_name = %s AND option_value < %s", $name, (string) ( time() - $seconds ) ) );
		return (bool) $wpdb->query( $query ); // phpcs:ignore WordPress.DB.PreparedSQL
	}

	/**
	 * Gives it back.
	 *
	 * @param string $name Behind the prefix.
	 */
	public static function free( string $name ): void {
		delete_option( self::PREFIX . $name );
	}
}
