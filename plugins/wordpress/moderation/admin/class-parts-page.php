<?php
/**
 * The page of templates, patterns and menus that somebody should look at.
 *
 * @package Moderation
 */

namespace Moderation\Admin;

use Moderation\Record;
use Moderation\Settings;
use Moderation\Words;

defined( 'ABSPATH' ) || exit;

/**
 * Lists the posts that others are made of: the site editor, where they are written, has no column for what was found in them.
 * It is for those who may decide about them, and shows each only the types that they may decide about.
 */
final class Parts_Page {

	const PAGE = 'moderation-parts';

	/** Posts of one page. */
	const ROWS = 20;

	/** Characters of a stored text that are shown. */
	const SHOWN = 20000;

	/** Takes its place. */
	public function hook(): void {
		add_action(
			'admin_menu',
			function () {
				if ( self::types() ) {
					$name = __( 'Templates and patterns', 'moderation' );
					// Whoever it is shown to may decide about one of the types; which right that is differs between them.
					add_management_page( $name, $name, 'read', self::PAGE, array( $this, 'show' ) );
				}
			}
		);
	}

	/**
	 * The types it lists for the current user.
	 *
	 * @return string[]
	 */
	private static function types(): array {
		return array_values( array_intersect( Settings::PARTS, Lists::types() ) );
	}

	/** Prints the page. */
	public function show(): void {
		$types = self::types();
		$type  = self::asked( 'type' );
		$state = self::asked( 'moderation' );
		echo '<div class="wrap moderation-parts"><h1>' . esc_html__( 'Templates and patterns', 'moderation' ) . '</h1>';
		echo '<p>' . esc_html__( 'What was found in templates, template parts, patterns and menus. What is held is shown on no page of the site.', 'moderation' ) . '</p>';
		$this->views( $types );
		$this->rows(
			in_array( $type, $types, true ) ? array( $type ) : $types,
			in_array( $state, Record::STATES, true ) ? array( $state ) : array_values( array_diff( Record::STATES, array( 'cleaned' ) ) )
		);
		echo '</div>';
	}

	/**
	 * Prints links to each type and state that there is something of.
	 *
	 * @param string[] $types Of posts.
	 */
	private function views( array $types ): void {
		$counts = Lists::counts();
		echo '<ul class="moderation-views">';
		printf( '<li><a href="%s">%s</a></li>', esc_url( admin_url( 'tools.php?page=' . self::PAGE ) ), esc_html__( 'All that wait', 'moderation' ) );
		foreach ( $types as $type ) {
			$links = Lists::links( $type, $counts[ $type ] ?? array() );
			if ( $links ) {
				// phpcs:ignore WordPress.Security.EscapeOutput -- the links are escaped where they are made.
				printf( '<li>%s: %s</li>', esc_html( get_post_type_object( $type )->labels->name ), implode( ' · ', $links ) );
			}
		}
		echo '</ul>';
	}

	/**
	 * Prints the posts of some types in some states, the latest first.
	 *
	 * @param string[] $types  Of posts.
	 * @param string[] $states Of their records.
	 */
	private function rows( array $types, array $states ): void {
		$query = new \WP_Query(
			array(
				'post_type'      => $types,
				// “any” would leave out what other plug-ins keep from searches; these are what Lists::counts() counts.
				'post_status'    => array_values( array_diff( get_post_stati(), array( 'trash' ) ) ),
				'meta_query'     => array( array( 'key' => Record::STATE, 'value' => $states, 'compare' => 'IN' ) ), // phpcs:ignore WordPress.DB.SlowDBQuery
				'orderby'        => array( 'modified' => 'DESC', 'ID' => 'DESC' ),
				'posts_per_page' => self::ROWS,
				'paged'          => max( 1, absint( self::asked( 'paged' ) ) ),
			)
		);
		if ( ! $query->found_posts ) {
			echo '<p>' . esc_html__( 'Nothing.', 'moderation' ) . '</p>';
			return;
		}
		$heads = array( __( 'Name', 'moderation' ), __( 'Type', 'moderation' ), __( 'Stored', 'moderation' ), __( 'Moderation', 'moderation' ) );
		echo '<table class="widefat striped moderation-found"><thead><tr>';
		foreach ( $heads as $head ) {
			printf( '<th scope="col">%s</th>', esc_html( $head ) );
		}
		echo '</tr></thead><tbody>';
		foreach ( $query->posts as $post ) {
			$record = current_user_can( 'edit_post', $post->ID ) ? Record::get( 'post', $post->ID ) : null;
			if ( $record ) {
				$this->row( $post, $record );
			}
		}
		echo '</tbody></table>';
		$pages = paginate_links(
			array(
				'base'    => add_query_arg( 'paged', '%#%' ),
				'format'  => '',
				'current' => max( 1, (int) $query->get( 'paged' ) ),
				'total'   => (int) $query->max_num_pages,
			)
		);
		echo $pages ? '<p class="moderation-pages">' . wp_kses_post( $pages ) . '</p>' : '';
	}

	/**
	 * Prints a row.
	 *
	 * @param \WP_Post $post   The post.
	 * @param array    $record Of it.
	 */
	private function row( \WP_Post $post, array $record ): void {
		echo '<tr><td>';
		Lists::name( $post, $record );
		if ( '' === Lists::edit_url( $post ) ) {
			$text = $post->post_content;
			$text = mb_strlen( $text ) > self::SHOWN ? mb_substr( $text, 0, self::SHOWN ) . '…' : $text;
			printf(
				'<details><summary>%s</summary><p>%s</p><pre>%s</pre></details>',
				esc_html__( 'The stored text', 'moderation' ),
				esc_html__( 'The site editor does not open a template that is held; it shows what the theme brings.', 'moderation' ),
				esc_html( $text )
			);
		}
		printf( '</td><td>%s</td><td>', esc_html( get_post_type_object( $post->post_type )->labels->singular_name ) );
		printf(
			'<time datetime="%s">%s</time><div class="moderation-finding">%s</div></td><td>',
			esc_attr( gmdate( 'c', $record['time'] ) ),
			esc_html( wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), $record['time'] ) ),
			esc_html( self::writer( $post ) )
		);
		Lists::cell( $record, $post->post_status, true );
		echo '</td></tr>';
	}

	/**
	 * Who stored a text last: WordPress keeps that with its revisions, where it has any.
	 *
	 * @param \WP_Post $post The post.
	 */
	private static function writer( \WP_Post $post ): string {
		$id = (int) $post->post_author;
		foreach ( wp_get_post_revisions( $post->ID ) as $revision ) {
			if ( ! wp_is_post_autosave( $revision ) ) {
				$id = (int) $revision->post_author;
				break;
			}
		}
		$user = $id ? get_userdata( $id ) : false;
		if ( $user ) {
			/* translators: %s: name of a user */
			return sprintf( __( 'by %s', 'moderation' ), $user->display_name );
		}
		return $id ? "#$id" : __( 'by nobody who is logged in', 'moderation' );
	}

	/**
	 * What the address asks for.
	 *
	 * @param string $name Of the parameter.
	 */
	private static function asked( string $name ): string {
		// phpcs:ignore WordPress.Security.NonceVerification -- it only reads.
		return isset( $_GET[ $name ] ) && is_string( $_GET[ $name ] ) ? sanitize_key( $_GET[ $name ] ) : '';
	}
}
