<?php
/**
 * Notices on the pages of the administration.
 *
 * @package Moderation
 */

namespace Moderation\Admin;

use Moderation\Answers;
use Moderation\Judge;
use Moderation\Record;
use Moderation\Settings;
use Moderation\Words;

defined( 'ABSPATH' ) || exit;

/**
 * What was done with the post that is edited (in the classic editor), how many are held, what the last button did, and that
 * the service does not answer.
 */
final class Notices {

	/** Takes its place. */
	public function hook(): void {
		add_action( 'admin_notices', array( $this, 'show' ) );
	}

	/** Prints all notices that belong on this page. */
	public function show(): void {
		$screen = get_current_screen();
		if ( ! $screen || $screen->is_block_editor() ) {
			// The block editor hides what is printed here and has notices of its own.
			return;
		}
		$said = Answers::take_said();
		if ( '' !== $said ) {
			self::notice( 'success', esc_html( $said ) );
		}
		if ( in_array( $screen->base, array( 'edit', 'edit-comments', 'dashboard', 'settings_page_moderation', 'tools_page_' . Parts_Page::PAGE, 'tools_page_' . Refused_Page::PAGE ), true ) ) {
			$this->trouble();
		}
		if ( 'edit' === $screen->base && in_array( $screen->post_type, Settings::types(), true ) && Lists::may_audit( $screen->post_type ) ) {
			$this->counts( $screen->post_type );
		}
		if ( 'post' === $screen->base ) {
			$this->post();
		}
	}

	/** That the service does not answer, to those who can do something about it. */
	private function trouble(): void {
		$trouble = get_option( Judge::TROUBLE );
		if ( ! is_array( $trouble ) || ! current_user_can( 'edit_others_posts' ) ) {
			return;
		}
		$does = 'closed' === Settings::get( 'when_down' )
			? __( 'Meanwhile posts and comments are held.', 'moderation' )
			: __( 'Meanwhile posts and comments are let through unchecked and marked.', 'moderation' );
		/* translators: %s: for how long */
		$since = sprintf( __( 'Moderation has had no verdict for %s.', 'moderation' ), human_time_diff( (int) $trouble['since'] ) );
		self::notice( 'error', '<strong>' . esc_html( $since ) . '</strong> ' . esc_html( "$does " . Words::why( (string) $trouble['why'] ) ) );
	}

	/**
	 * How many posts somebody should look at.
	 *
	 * @param string $type Of posts.
	 */
	private function counts( string $type ): void {
		$links = Lists::links( $type, Lists::counts()[ $type ] ?? array() );
		if ( $links ) {
			self::notice( 'warning', '<strong>' . esc_html__( 'Moderation:', 'moderation' ) . '</strong> ' . implode( ' · ', $links ) );
		}
	}

	/** What was done with the post that is edited. */
	private function post(): void {
		$post = get_post();
		$row  = $post && current_user_can( 'edit_post', $post->ID ) ? Record::get( 'post', $post->ID ) : null;
		if ( $row ) {
			$said = '<strong>' . esc_html( Words::state( $row['state'] ) ) . '.</strong> ' . esc_html( Words::story( $row, $post->post_status ) );
			self::notice( 'cleaned' === $row['state'] ? 'info' : 'warning', $said, self::findings( $row ) . self::buttons( $post->ID ) . self::original( $post->ID, $row ) );
		}
	}

	/**
	 * The text as it was, to copy from, where it cannot be put back as a whole.
	 *
	 * @param int   $id  The post.
	 * @param array $row The record.
	 */
	private static function original( int $id, array $row ): string {
		$original = Answers::is_edited( 'post', $id, $row ) ? Record::original( 'post', $id ) : null;
		if ( ! $original ) {
			return '';
		}
		$text = esc_html( implode( "\n\n", array_filter( $original, 'strlen' ) ) );
		return sprintf( '<details><summary>%s</summary><pre>%s</pre></details>', esc_html__( 'The text before it was cleaned', 'moderation' ), $text );
	}

	/**
	 * A list of findings.
	 *
	 * @param array $row The record.
	 */
	public static function findings( array $row ): string {
		$items = '';
		foreach ( $row['findings'] as $finding ) {
			$items .= '<li>' . esc_html( Words::finding( $finding ) ) . '</li>';
		}
		return $items ? "<ul class=\"moderation-findings\">$items</ul>" : '';
	}

	/**
	 * The buttons below a notice.
	 *
	 * @param int $id The post.
	 */
	private static function buttons( int $id ): string {
		$buttons = '';
		foreach ( Answers::for( 'post', $id ) as $answer ) {
			$buttons .= sprintf( '<a class="button" href="%s">%s</a> ', esc_url( $answer['url'] ), esc_html( $answer['label'] ) );
		}
		return $buttons ? "<p>$buttons</p>" : '';
	}

	/**
	 * One notice.
	 *
	 * @param string $kind  success, info, warning or error.
	 * @param string $said  Markup, escaped.
	 * @param string $below Markup below it, escaped.
	 */
	private static function notice( string $kind, string $said, string $below = '' ): void {
		// phpcs:ignore WordPress.Security.EscapeOutput -- escaped where it is made.
		printf( '<div class="notice notice-%s moderation-notice"><p>%s</p>%s</div>', esc_attr( $kind ), $said, $below );
	}
}
