<?php
/**
 * The lists of posts and comments.
 *
 * @package Moderation
 */

namespace Moderation\Admin;

use Moderation\Answers;
use Moderation\Audit;
use Moderation\Record;
use Moderation\Settings;
use Moderation\Verdict;
use Moderation\Words;

use const Moderation\FILE;
use const Moderation\VERSION;

defined( 'ABSPATH' ) || exit;

/**
 * A column with what was found, the buttons of each row, and an audit of the posts that are ticked.
 */
final class Lists {

	const CHECK = 'moderation_check';
	const APPLY = 'moderation_apply';

	/** Findings that a cell shows. */
	const FINDINGS = 3;

	/** @var Audit */
	private $audit;

	/**
	 * Makes one.
	 *
	 * @param Audit $audit Judges posts.
	 */
	public function __construct( Audit $audit ) {
		$this->audit = $audit;
	}

	/** Takes its places. */
	public function hook(): void {
		add_action(
			'admin_init',
			function () {
				foreach ( Settings::types() as $type ) {
					add_filter( "manage_{$type}_posts_columns", array( $this, 'add_column' ) );
					add_action( "manage_{$type}_posts_custom_column", array( $this, 'post_column' ), 10, 2 );
					if ( self::may_audit( $type ) ) {
						add_filter( "bulk_actions-edit-$type", array( $this, 'add_bulk' ) );
						add_filter( "handle_bulk_actions-edit-$type", array( $this, 'bulk' ), 10, 3 );
					}
				}
			}
		);
		foreach ( array( 'post_row_actions', 'page_row_actions' ) as $name ) {
			add_filter( $name, array( $this, 'post_buttons' ), 10, 2 );
		}
		if ( Settings::get( 'comments' ) ) {
			add_filter( 'manage_edit-comments_columns', array( $this, 'add_column' ) );
			add_action( 'manage_comments_custom_column', array( $this, 'comment_column' ), 10, 2 );
			add_filter( 'comment_row_actions', array( $this, 'comment_buttons' ), 10, 2 );
		}
		add_action( 'pre_get_posts', array( $this, 'narrow' ) );
		add_filter( 'admin_body_class', array( $this, 'mark' ) );
		add_action(
			'admin_enqueue_scripts',
			static function ( $page ) {
				wp_enqueue_style( 'moderation', plugins_url( 'admin/moderation.css', FILE ), array(), VERSION );
				if ( 'edit.php' === $page ) {
					wp_enqueue_script( 'moderation-lists', plugins_url( 'admin/lists.js', FILE ), array(), VERSION, true );
				}
			}
		);
	}

	/**
	 * Marks the page of a list that has the column, for the widths of its columns.
	 *
	 * @param string $classes Of the page, with blanks between them.
	 */
	public function mark( $classes ) {
		$screen = get_current_screen();
		$is_one = $screen && 'edit' === $screen->base && in_array( $screen->post_type, Settings::types(), true );
		return $is_one ? "$classes moderation-list" : $classes;
	}

	/**
	 * Adds the column, beside what it is about.
	 *
	 * @param array $columns By name.
	 */
	public function add_column( $columns ) {
		$found = array_keys( array_intersect( array_keys( $columns ), array( 'title', 'comment' ) ) );
		$place = $found ? $found[0] + 1 : count( $columns );
		$added = array( 'moderation' => __( 'Moderation', 'moderation' ) );
		return array_slice( $columns, 0, $place, true ) + $added + array_slice( $columns, $place, null, true );
	}

	/**
	 * Prints the column of a post.
	 *
	 * @param string $column Its name.
	 * @param int    $id     The post.
	 */
	public function post_column( $column, $id ): void {
		if ( 'moderation' === $column && current_user_can( 'edit_post', $id ) ) {
			self::cell( Record::get( 'post', (int) $id ), (string) get_post_status( $id ) );
			Bulk_Answers::field( (int) $id );
		}
	}

	/**
	 * Prints the column of a comment.
	 *
	 * @param string $column Its name.
	 * @param int    $id     The comment.
	 */
	public function comment_column( $column, $id ): void {
		if ( 'moderation' === $column && current_user_can( 'edit_comment', $id ) ) {
			self::cell( Record::get( 'comment', (int) $id ), (string) wp_get_comment_status( $id ) );
		}
	}

	/**
	 * Adds the buttons of a post.
	 *
	 * @param array    $actions By name, markup.
	 * @param \WP_Post $post    The post.
	 */
	public function post_buttons( $actions, $post ) {
		return $actions + self::buttons( 'post', (int) $post->ID );
	}

	/**
	 * Adds the buttons of a comment.
	 *
	 * @param array       $actions By name, markup.
	 * @param \WP_Comment $comment The comment.
	 */
	public function comment_buttons( $actions, $comment ) {
		return in_array( $comment->comment_approved, array( 'spam', 'trash' ), true )
			? $actions
			: $actions + self::buttons( 'comment', (int) $comment->comment_ID );
	}

	/**
	 * Adds the audits to what can be done with posts that are ticked.
	 *
	 * @param array $actions By name.
	 */
	public function add_bulk( $actions ) {
		$actions[ self::CHECK ] = __( 'Check for injected spam', 'moderation' );
		$actions[ self::APPLY ] = __( 'Check, and clean or hold', 'moderation' );
		return $actions;
	}

	/**
	 * Audits the posts that are ticked; WordPress has checked the nonce.
	 *
	 * @param string $back   Where to go afterwards.
	 * @param string $action Which was chosen.
	 * @param int[]  $ids    The posts.
	 */
	public function bulk( $back, $action, $ids ) {
		if ( ! in_array( $action, array( self::CHECK, self::APPLY ), true ) ) {
			return $back;
		}
		$mine  = array_filter(
			array_map( 'intval', (array) $ids ),
			static function ( $id ) {
				return current_user_can( 'edit_post', $id );
			}
		);
		$types = array_unique( array_map( 'get_post_type', $mine ) );
		$found = $this->audit->run(
			array(
				'ids'      => array_values( $mine ),
				'types'    => array_values( array_filter( $types, array( self::class, 'may_audit' ) ) ),
				'statuses' => array( 'publish', 'future', 'pending', 'private', 'draft' ),
				'apply'    => self::APPLY === $action,
			)
		);
		/* translators: 1: number of posts, 2: how many of them */
		$said = sprintf( __( '%1$d checked, %2$d flagged.', 'moderation' ), $found['checked'], $found['flagged'] );
		foreach ( array_filter( array_column( $found['rows'], 'error', 'id' ) ) as $id => $error ) {
			$said .= " $id: " . Words::why( $error );
		}
		Answers::say( trim( $said . ' ' . ( '' === $found['stopped'] ? '' : Words::why( $found['stopped'] ) ) ) );
		return $back;
	}

	/**
	 * Narrows a list to the posts in one state.
	 *
	 * @param \WP_Query $query The list's.
	 */
	public function narrow( $query ): void {
		global $pagenow;
		// phpcs:ignore WordPress.Security.NonceVerification -- it only reads.
		$state = isset( $_GET['moderation'] ) && is_string( $_GET['moderation'] ) ? sanitize_key( $_GET['moderation'] ) : '';
		if ( 'edit.php' === $pagenow && $query->is_main_query() && in_array( $state, Record::STATES, true ) && self::may_audit( $query->get( 'post_type' ) ?: 'post' ) ) {
			$query->set( 'meta_query', array( array( 'key' => Record::STATE, 'value' => $state ) ) );
		}
	}

	/**
	 * How many posts have a record.
	 *
	 * @return array<string, array<string, int>> By type and state.
	 */
	public static function counts(): array {
		global $wpdb;
		$sql    = "SELECT p.post_type AS type, m.meta_value AS state, COUNT(*) AS number FROM {$wpdb->postmeta} m
			JOIN {$wpdb->posts} p ON p.ID = m.post_id WHERE m.meta_key = %s AND p.post_status <> 'trash' GROUP BY p.post_type, m.meta_value";
		$counts = array();
		foreach ( $wpdb->get_results( $wpdb->prepare( $sql, Record::STATE ) ) as $row ) { // phpcs:ignore WordPress.DB.PreparedSQL
			$counts[ $row->type ][ $row->state ] = (int) $row->number;
		}
		return $counts;
	}

	/**
	 * Where the posts of a type are listed with what was found in them.
	 *
	 * @param string $type Of posts.
	 */
	public static function url( string $type ): string {
		return in_array( $type, Settings::PARTS, true )
			? add_query_arg( array( 'page' => Parts_Page::PAGE, 'type' => $type ), admin_url( 'tools.php' ) )
			: add_query_arg( 'post_type', $type, admin_url( 'edit.php' ) );
	}

	/**
	 * Links to the lists of posts in each state.
	 *
	 * @param string             $type   Of posts.
	 * @param array<string, int> $counts How many, by state.
	 * @return string[] Markup, escaped.
	 */
	public static function links( string $type, array $counts ): array {
		$links = array();
		foreach ( Record::STATES as $state ) {
			if ( ! empty( $counts[ $state ] ) ) {
				$url     = add_query_arg( 'moderation', $state, self::url( $type ) );
				$links[] = sprintf( '<a href="%s">%s (%d)</a>', esc_url( $url ), esc_html( Words::state( $state ) ), $counts[ $state ] );
			}
		}
		return $links;
	}

	/**
	 * Whether the current user may audit posts of a type: what an audit does can change what others wrote.
	 *
	 * @param string $type Of posts.
	 */
	public static function may_audit( $type ): bool {
		$type = get_post_type_object( (string) $type );
		return $type && current_user_can( $type->cap->edit_others_posts ) && current_user_can( $type->cap->publish_posts );
	}

	/**
	 * The guarded types of which the current user may audit posts.
	 *
	 * @return string[]
	 */
	public static function types(): array {
		return array_values( array_filter( Settings::types(), array( self::class, 'may_audit' ) ) );
	}

	/**
	 * Where a post is edited, or nothing where WordPress does not open it as it is stored.
	 *
	 * @param \WP_Post $post The post.
	 */
	public static function edit_url( \WP_Post $post ): string {
		$is_template = in_array( $post->post_type, array( 'wp_template', 'wp_template_part' ), true );
		// The site editor looks for templates among these statuses alone, and shows the theme's where it finds none.
		$is_found = in_array( $post->post_status, array( 'publish', 'draft', 'auto-draft' ), true );
		return $is_template && ! $is_found ? '' : (string) get_edit_post_link( $post->ID, 'raw' );
	}

	/**
	 * Prints the name of a post with its status and its buttons, as pages that are no lists of WordPress have it.
	 *
	 * @param \WP_Post   $post   The post.
	 * @param array|null $record Of it, if there is one.
	 */
	public static function name( \WP_Post $post, ?array $record ): void {
		$url   = self::edit_url( $post );
		$title = '' === trim( $post->post_title ) ? "#$post->ID" : $post->post_title;
		if ( 'trash' === $post->post_status || in_array( 'title', array_column( $record['findings'] ?? array(), 'field' ), true ) ) {
			$title = Verdict::mask( $title );
		}
		$status = get_post_status_object( $post->post_status );
		printf(
			'' === $url ? '<strong>%2$s</strong> — %3$s' : '<a class="row-title" href="%1$s">%2$s</a> — %3$s',
			esc_url( $url ),
			esc_html( $title ),
			esc_html( $status ? $status->label : $post->post_status )
		);
		// phpcs:ignore WordPress.Security.EscapeOutput -- escaped where they are made.
		echo '<div class="row-actions visible">' . implode( ' | ', self::buttons( 'post', $post->ID ) ) . '</div>';
	}

	/**
	 * Prints a cell.
	 *
	 * @param array|null $row      The record.
	 * @param string     $status   The status of the post or comment.
	 * @param bool       $is_whole Whether a finding is told with its reasons, not in few words.
	 */
	public static function cell( ?array $row, string $status, bool $is_whole = false ): void {
		if ( ! $row ) {
			return;
		}
		printf(
			'<span class="moderation-state is-%s" title="%s">%s</span>',
			esc_attr( $row['state'] ),
			esc_attr( Words::story( $row, $status ) ),
			esc_html( Words::state( $row['state'] ) )
		);
		// Of the first ones what and where; why is said when one points at them, and where there is room.
		foreach ( array_slice( $row['findings'], 0, self::FINDINGS ) as $finding ) {
			if ( $is_whole ) {
				printf( '<div class="moderation-finding">%s</div>', esc_html( Words::finding( $finding ) ) );
				continue;
			}
			printf(
				'<div class="moderation-finding" title="%s"><b>%s</b> %s</div>',
				esc_attr( Words::finding( $finding ) ),
				esc_html( Words::label( (string) $finding['label'] ) ),
				esc_html( Words::brief( $finding ) )
			);
		}
		$more = count( $row['findings'] ) - self::FINDINGS;
		if ( $more > 0 ) {
			/* translators: %d: number of findings */
			printf( '<div class="moderation-finding">%s</div>', esc_html( sprintf( __( 'and %d more', 'moderation' ), $more ) ) );
		}
	}

	/**
	 * The buttons of a row.
	 *
	 * @param string $kind post or comment.
	 * @param int    $id   Its number.
	 * @return array<string, string>
	 */
	private static function buttons( string $kind, int $id ): array {
		$found = array();
		foreach ( Answers::for( $kind, $id ) as $answer => $button ) {
			$found[ "moderation_$answer" ] = sprintf( '<a href="%s">%s</a>', esc_url( $button['url'] ), esc_html( $button['label'] ) );
		}
		return $found;
	}
}
