<?php
/**
 * Plugin Name:       Moderation
 * Description:       Finds injected spam in posts and comments before they are published: cuts it, holds the post or refuses it. Asks your own moderation service; nothing is sent anywhere else.
 * Version:           0.2.0
 * Requires at least: 6.0
 * Requires PHP:      7.4
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       moderation
 * Domain Path:       /languages
 *
 * This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public
 * License as published by the Free Software Foundation, either version 2 of the License, or (at your option) any later
 * version.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

const VERSION = '0.2.0';
const FILE    = __FILE__;

foreach ( array( 'settings', 'lock', 'client', 'entry', 'verdict', 'record', 'tally', 'words', 'judge', 'refused', 'fields', 'posts', 'comments', 'answers', 'audit', 'site-audit', 'editor' ) as $name ) {
	require_once __DIR__ . "/includes/class-$name.php";
}

/**
 * The parts, each made once: what they share is one judge, which asks once about a text in one request.
 *
 * @return array{client: Client, judge: Judge, fields: Fields, posts: Posts, comments: Comments, answers: Answers, audit: Audit, site_audit: Site_Audit}
 */
function parts(): array {
	static $parts = null;
	if ( null === $parts ) {
		$client     = new Client();
		$judge      = new Judge( $client );
		$fields     = new Fields( $judge );
		$posts      = new Posts( $judge );
		$comments   = new Comments( $judge );
		$answers    = new Answers( $client, $posts, $comments );
		$audit      = new Audit( $client, $posts );
		$site_audit = new Site_Audit( $audit );
		$parts      = compact( 'client', 'judge', 'fields', 'posts', 'comments', 'answers', 'audit', 'site_audit' );
	}
	return $parts;
}

add_action(
	'plugins_loaded',
	static function () {
		$parts      = parts();
		$parts['posts']->hook();
		$parts['comments']->hook();
		$parts['fields']->hook();
		$parts['answers']->hook();
		( new Editor() )->hook();
		if ( is_admin() ) {
			foreach ( array( 'settings-page', 'lists', 'bulk-answers', 'notices', 'site-audit-page', 'parts-page', 'refused-page', 'dashboard' ) as $name ) {
				require_once __DIR__ . "/admin/class-$name.php";
			}
			( new Admin\Settings_Page( $parts['client'] ) )->hook();
			( new Admin\Lists( $parts['audit'] ) )->hook();
			( new Admin\Bulk_Answers( $parts['answers'] ) )->hook();
			( new Admin\Notices() )->hook();
			( new Admin\Site_Audit_Page( $parts['site_audit'] ) )->hook();
			( new Admin\Parts_Page() )->hook();
			( new Admin\Refused_Page( $parts['client'], $parts['fields'] ) )->hook();
			( new Admin\Dashboard( $parts['client'] ) )->hook();
		}
		if ( defined( 'WP_CLI' ) && WP_CLI ) {
			require_once __DIR__ . '/includes/class-command.php';
			\WP_CLI::add_command( 'moderation', new Command( $parts['audit'], $parts['client'] ) );
		}
	}
);

add_action(
	'init',
	static function () {
		load_plugin_textdomain( 'moderation', false, dirname( plugin_basename( FILE ) ) . '/languages' );
	}
);

require_once __DIR__ . '/includes/functions.php';
