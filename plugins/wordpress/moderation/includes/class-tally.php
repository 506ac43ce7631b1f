<?php
/**
 * How many texts were cleaned, held and refused.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * Counts by day, each a row of options: what was refused is stored nowhere, and a record tells only what happened last.
 */
final class Tally {

	const PREFIX = 'moderation_count_';
	const KINDS  = array( 'cleaned', 'held', 'refused' );

	/** Days that are kept, today among them. */
	const DAYS = 7;

	/**
	 * Counts what happened to a text.
	 *
	 * @param string     $kind  One of KINDS; others are not counted.
	 * @param array|null $known The record from before: what is held already and stored once more is no other one.
	 */
	public static function add( string $kind, ?array $known = null ): void {
		if ( ! in_array( $kind, self::KINDS, true ) || ( 'held' === $kind && $known && 'held' === $known['state'] ) ) {
			return;
		}
		$name = self::PREFIX . wp_date( 'Y-m-d' ) . "_$kind";
		if ( self::raise( $name ) ) {
			return;
		}
		global $wpdb;
		$sql = "INSERT IGNORE INTO {$wpdb->options} (option_name, option_value, autoload) VALUES (%s, '1', 'no')";
		if ( $wpdb->query( $wpdb->prepare( $sql, $name ) ) ) { // phpcs:ignore WordPress.DB.PreparedSQL
			self::forget_old();
		} else {
			// Another request has begun the day in this moment.
			self::raise( $name );
		}
	}

	/**
	 * The counts of the last seven days.
	 *
	 * @return array<string, int> By kind.
	 */
	public static function week(): array {
		global $wpdb;
		$found = array_fill_keys( self::KINDS, 0 );
		// Not get_option(), whose cache does not know what raise() has written.
		$sql = "SELECT option_name, option_value FROM {$wpdb->options} WHERE option_name LIKE %s AND option_name >= %s";
		$sql = $wpdb->prepare( $sql, $wpdb->esc_like( self::PREFIX ) . '%', self::PREFIX . self::first_day() ); // phpcs:ignore WordPress.DB.PreparedSQL
		foreach ( $wpdb->get_results( $sql ) as $row ) { // phpcs:ignore WordPress.DB.PreparedSQL
			$kind = substr( strrchr( $row->option_name, '_' ), 1 );
			if ( isset( $found[ $kind ] ) ) {
				$found[ $kind ] += (int) $row->option_value;
			}
		}
		return $found;
	}

	/**
	 * Adds one, in the database, so that two requests at once are two.
	 *
	 * @param string $name Of the option.
	 */
	private static function raise( string $name ): bool {
		global $wpdb;
		$sql = "UPDATE {$wpdb->options} SET option_value = option_value + 1 WHERE option_name = %s";
		return (bool) $wpdb->query( $wpdb->prepare( $sql, $name ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	}

	/** Removes the days that are not told any more. */
	private static function forget_old(): void {
		global $wpdb;
		$sql = "DELETE FROM {$wpdb->options} WHERE option_name LIKE %s AND option_name < %s";
		$wpdb->query( $wpdb->prepare( $sql, $wpdb->esc_like( self::PREFIX ) . '%', self::PREFIX . self::first_day() ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	}

	/** The first day that is told. */
	private static function first_day(): string {
		return wp_date( 'Y-m-d', time() - ( self::DAYS - 1 ) * DAY_IN_SECONDS );
	}
}
