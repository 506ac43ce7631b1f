<?php
/**
 * Removes the settings, the key among them. What was found in posts and the texts before they were cleaned stay in the
 * posts' private fields: no text of an editor is deleted.
 *
 * @package Moderation
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

foreach ( array( 'moderation_settings', 'moderation_allowed', 'moderation_trouble' ) as $option ) {
	delete_option( $option );
}
wp_clear_scheduled_hook( 'moderation_resend' );
