<?php
/**
 * What other plug-ins, themes and scripts may call.
 *
 * @package Moderation
 */

defined( 'ABSPATH' ) || exit;

/**
 * Judges posts that are there already, as `wp moderation audit` does.
 *
 * @param array $args See Moderation\Audit::run().
 * @return array How many were checked, and a row for each that is flagged or could not be judged.
 */
function moderation_audit( array $args = array() ): array {
	return Moderation\parts()['audit']->run( $args );
}
