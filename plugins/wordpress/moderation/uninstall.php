<?php
/**
 * Removes all that the plug-in has stored, in every site of a network: settings, keys, records of findings, texts that were to
 * be sent, and the texts as they were before they were cleaned. Define MODERATION_KEEP_ORIGINALS to keep the last ones.
 *
 * @package Moderation
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/**
 * Removes it from the current site.
 */
function moderation_uninstall() {
	global $wpdb;
	foreach ( array( 'moderation_settings', 'moderation_service_key', 'moderation_allowed', 'moderation_trouble', 'moderation_site_audit' ) as $option ) {
		delete_option( $option );
	}
	// Messages for a user, answers of the service, locks, counts and refused texts, whose names end with what they are about.
	foreach ( array( '_transient_moderation_', '_transient_timeout_moderation_', 'moderation_lock_', 'moderation_count_', 'moderation_refused_' ) as $start ) {
		$sql = $wpdb->prepare( "SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s", $wpdb->esc_like( $start ) . '%' );
		array_map( 'delete_option', $wpdb->get_col( $sql ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	}
	$fields = array( '_moderation', '_moderation_state', '_moderation_unsent' );
	if ( ! defined( 'MODERATION_KEEP_ORIGINALS' ) ) {
		$fields[] = '_moderation_original';
	}
	foreach ( $fields as $field ) {
		delete_metadata( 'post', 0, $field, '', true );
		delete_metadata( 'comment', 0, $field, '', true );
	}
	wp_clear_scheduled_hook( 'moderation_resend' );
}

if ( is_multisite() ) {
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $moderation_site ) {
		switch_to_blog( $moderation_site );
		moderation_uninstall();
		restore_current_blog();
	}
} else {
	moderation_uninstall();
}
