<?php
/**
 * Texts that were not stored, or not whole.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * What somebody wanted to store beside posts and what was taken for spam: the text as it was sent, where it was to stand, and
 * what stands there now. Each is a row of options, so that two requests at once are two.
 */
final class Refused {

	const PREFIX = 'moderation_refused_';

	/** Rows that are kept; of more the oldest go. */
	const MOST = 500;

	/**
	 * Keeps a text, and tells the person who sent it.
	 *
	 * @param array    $about    what (meta, attachment, sheet, term, new_term, display_name or option), type (of what a meta is beside),
	 *                           id, name (the key, the taxonomy or the option), fields (as sent), now (as stored), and is_cut.
	 * @param Decision $decision Why.
	 * @return string Its name.
	 */
	public static function keep( array $about, Decision $decision ): string {
		$row  = $about + array( 'type' => '', 'by' => get_current_user_id() ) + Record::of( $about['is_cut'] ? 'cleaned' : 'held', $decision, '' );
		$same = self::same( $row );
		$name = $same ?? sprintf( '%014d_%s', (int) ( microtime( true ) * 1000 ), strtolower( wp_generate_password( 8, false ) ) );
		// Not loaded with every page. WordPress 6.0 knows only 'no'.
		add_option( self::PREFIX . $name, '', '', 'no' );
		update_option( self::PREFIX . $name, $row );
		if ( null === $same ) {
			foreach ( array_slice( array_keys( self::all() ), 0, -self::MOST ) as $old ) {
				self::forget( $old );
			}
			Tally::add( $row['is_cut'] ? 'cleaned' : 'refused' );
		}
		if ( $row['by'] ) {
			Answers::say( Words::refused( $row ) );
		}
		return $name;
	}

	/**
	 * The name of the row that says the same already: what is sent again and again is one.
	 *
	 * @param array $row A row.
	 */
	private static function same( array $row ): ?string {
		$of = static function ( array $one ) {
			return array( $one['what'], $one['type'], $one['id'], $one['name'], $one['fields'] );
		};
		foreach ( array_reverse( self::all(), true ) as $name => $other ) {
			if ( $of( $other ) === $of( $row ) ) {
				return (string) $name;
			}
		}
		return null;
	}

	/**
	 * Says whose a text is, which had no number when it was refused.
	 *
	 * @param string $name Of the row.
	 * @param int    $id   The number.
	 */
	public static function belongs( string $name, int $id ): void {
		$row = self::get( $name );
		if ( $row ) {
			update_option( self::PREFIX . $name, array( 'id' => $id ) + $row );
		}
	}

	/**
	 * A row, or null.
	 *
	 * @param string $name Its name.
	 */
	public static function get( string $name ): ?array {
		$row = get_option( self::PREFIX . $name );
		return is_array( $row ) && isset( $row['what'], $row['fields'] ) ? $row : null;
	}

	/**
	 * All rows, the oldest first: their names begin with when they were made.
	 *
	 * @return array<string, array<string, mixed>> By name.
	 */
	public static function all(): array {
		global $wpdb;
		$sql   = "SELECT option_name, option_value FROM {$wpdb->options} WHERE option_name LIKE %s ORDER BY option_name";
		$found = array();
		foreach ( $wpdb->get_results( $wpdb->prepare( $sql, $wpdb->esc_like( self::PREFIX ) . '%' ) ) as $option ) { // phpcs:ignore WordPress.DB.PreparedSQL
			$row = maybe_unserialize( $option->option_value );
			if ( is_array( $row ) && isset( $row['what'], $row['fields'] ) ) {
				$found[ substr( $option->option_name, strlen( self::PREFIX ) ) ] = $row;
			}
		}
		return $found;
	}

	/**
	 * Those that the current user may decide about.
	 *
	 * @return array<string, array<string, mixed>> By name, the latest first.
	 */
	public static function mine(): array {
		return array_reverse( array_filter( self::all(), array( self::class, 'may' ) ), true );
	}

	/**
	 * Whether the current user may decide about a text: who may write there what others wrote.
	 *
	 * @param array $row A row.
	 */
	public static function may( array $row ): bool {
		$what = 'meta' === $row['what'] ? $row['type'] : $row['what'];
		switch ( $what ) {
			case 'post':
			case 'attachment':
				$type = get_post_type_object( (string) get_post_type( $row['id'] ) );
				return $type && current_user_can( 'edit_post', $row['id'] ) && current_user_can( $type->cap->edit_others_posts ) && current_user_can( $type->cap->publish_posts );
			case 'term':
			case 'new_term':
				$term     = 'meta' === $row['what'] ? get_term( $row['id'] ) : null;
				$taxonomy = get_taxonomy( $term instanceof \WP_Term ? $term->taxonomy : $row['name'] );
				return $taxonomy && current_user_can( $taxonomy->cap->manage_terms );
			case 'comment':
				return current_user_can( 'moderate_comments' );
			case 'sheet':
				return current_user_can( 'edit_css' );
			case 'user':
			case 'display_name':
				return current_user_can( 'edit_users' );
			default:
				return current_user_can( 'manage_options' );
		}
	}

	/**
	 * Forgets a row.
	 *
	 * @param string $name Its name.
	 */
	public static function forget( string $name ): void {
		delete_option( self::PREFIX . $name );
	}
}
