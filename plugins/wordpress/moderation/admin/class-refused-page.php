<?php
/**
 * The page of texts that were refused.
 *
 * @package Moderation
 */

namespace Moderation\Admin;

use Moderation\Answers;
use Moderation\Client;
use Moderation\Failure;
use Moderation\Fields;
use Moderation\Refused;
use Moderation\Words;

defined( 'ABSPATH' ) || exit;

/**
 * Lists what was to stand beside posts and was taken for spam, with the text as it was sent, for those who may write there
 * what others wrote. Two buttons decide about each.
 */
final class Refused_Page {

	const PAGE   = 'moderation-refused';
	const ACTION = 'moderation_refused';

	/** Rows that are shown, the latest first. */
	const ROWS = 100;

	/** Characters of a text that are shown. */
	const SHOWN = 5000;

	/** @var Client */
	private $client;

	/** @var Fields */
	private $fields;

	/**
	 * Makes one.
	 *
	 * @param Client $client The service.
	 * @param Fields $fields Stores them.
	 */
	public function __construct( Client $client, Fields $fields ) {
		$this->client = $client;
		$this->fields = $fields;
	}

	/** Takes its places. */
	public function hook(): void {
		add_action(
			'admin_menu',
			function () {
				$name = __( 'Refused texts', 'moderation' );
				add_management_page( $name, $name, 'edit_others_posts', self::PAGE, array( $this, 'show' ) );
			}
		);
		add_action( 'admin_post_' . self::ACTION, array( $this, 'handle' ) );
	}

	/** Where it is. */
	public static function url(): string {
		return admin_url( 'tools.php?page=' . self::PAGE );
	}

	/** Prints the page. */
	public function show(): void {
		$rows = Refused::mine();
		echo '<div class="wrap moderation-parts"><h1>' . esc_html__( 'Refused texts', 'moderation' ) . '</h1>';
		echo '<p>' . esc_html__( 'What was to stand beside posts (in search engines, below pictures, as tags, as names) and was taken for injected spam. It is shown on no page of the site.', 'moderation' ) . '</p>';
		if ( ! $rows ) {
			echo '<p>' . esc_html__( 'Nothing.', 'moderation' ) . '</p></div>';
			return;
		}
		$heads = array( __( 'Name', 'moderation' ), __( 'Sent', 'moderation' ), __( 'Moderation', 'moderation' ) );
		echo '<table class="widefat striped moderation-found"><thead><tr>';
		foreach ( $heads as $head ) {
			printf( '<th scope="col">%s</th>', esc_html( $head ) );
		}
		echo '</tr></thead><tbody>';
		foreach ( array_slice( $rows, 0, self::ROWS, true ) as $name => $row ) {
			self::row( (string) $name, $row );
		}
		echo '</tbody></table>';
		if ( count( $rows ) > self::ROWS ) {
			/* translators: %d: number of texts */
			echo '<p>' . esc_html( sprintf( __( 'and %d more', 'moderation' ), count( $rows ) - self::ROWS ) ) . '</p>';
		}
		echo '</div>';
	}

	/**
	 * Prints a row.
	 *
	 * @param string $name Its name.
	 * @param array  $row  Of Refused.
	 */
	private static function row( string $name, array $row ): void {
		$url = self::edit_url( $row );
		printf( '' === $url ? '<tr><td><strong>%2$s</strong>' : '<tr><td><a class="row-title" href="%1$s">%2$s</a>', esc_url( $url ), esc_html( Words::place( $row ) ) );
		$links = array();
		foreach ( array( 'not_spam' => __( 'Not spam', 'moderation' ), 'forget' => __( 'Delete', 'moderation' ) ) as $answer => $label ) {
			$links[] = sprintf( '<a href="%s">%s</a>', esc_url( self::answer_url( $name, $answer ) ), esc_html( $label ) );
		}
		// phpcs:ignore WordPress.Security.EscapeOutput -- escaped where they are made.
		echo '<div class="row-actions visible">' . implode( ' | ', $links ) . '</div>';
		$text = implode( "\n\n", $row['fields'] );
		$text = mb_strlen( $text ) > self::SHOWN ? mb_substr( $text, 0, self::SHOWN ) . '…' : $text;
		printf( '<details><summary>%s</summary><pre>%s</pre></details></td><td>', esc_html__( 'The text as it was sent', 'moderation' ), esc_html( $text ) );
		$user = $row['by'] ? get_userdata( $row['by'] ) : false;
		printf(
			'<time datetime="%s">%s</time><div class="moderation-finding">%s</div></td><td>',
			esc_attr( gmdate( 'c', $row['time'] ) ),
			esc_html( wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), $row['time'] ) ),
			/* translators: %s: name of a user */
			esc_html( $user ? sprintf( __( 'by %s', 'moderation' ), $user->display_name ) : __( 'by nobody who is logged in', 'moderation' ) )
		);
		printf(
			'<span class="moderation-state is-%s">%s</span>',
			esc_attr( $row['is_cut'] ? 'cleaned' : 'held' ),
			esc_html( $row['is_cut'] ? Words::state( 'cleaned' ) : __( 'Refused', 'moderation' ) )
		);
		foreach ( array_slice( $row['findings'], 0, Lists::FINDINGS ) as $finding ) {
			printf( '<div class="moderation-finding">%s</div>', esc_html( Words::finding( $finding ) ) );
		}
		echo '' === $row['why'] ? '' : '<div class="moderation-finding">' . esc_html( Words::why( $row['why'] ) ) . '</div>';
		echo '</td></tr>';
	}

	/**
	 * Where somebody can write what it belongs to.
	 *
	 * @param array $row Of Refused.
	 */
	private static function edit_url( array $row ): string {
		$what = 'meta' === $row['what'] ? $row['type'] : $row['what'];
		switch ( $what ) {
			case 'post':
			case 'attachment':
				return (string) get_edit_post_link( $row['id'], 'raw' );
			case 'term':
				$term = get_term( $row['id'] );
				return $term instanceof \WP_Term ? (string) get_edit_term_link( $term->term_id, $term->taxonomy ) : '';
			case 'new_term':
				return admin_url( 'edit-tags.php?taxonomy=' . rawurlencode( $row['name'] ) );
			case 'user':
				return (string) get_edit_user_link( $row['id'] );
			case 'display_name':
				$user = Fields::user( $row );
				return $user ? (string) get_edit_user_link( $user->ID ) : '';
			default:
				return admin_url( 'options-general.php' );
		}
	}

	/**
	 * The address of a button.
	 *
	 * @param string $name   Of the row.
	 * @param string $answer not_spam or forget.
	 */
	private static function answer_url( string $name, string $answer ): string {
		$query = array( 'action' => self::ACTION, 'name' => $name, 'answer' => $answer );
		$query['_wpnonce'] = wp_create_nonce( self::nonce( $name, $answer ) );
		return add_query_arg( $query, admin_url( 'admin-post.php' ) );
	}

	/**
	 * The name of a nonce.
	 *
	 * @param string $name   Of the row.
	 * @param string $answer The answer.
	 */
	private static function nonce( string $name, string $answer ): string {
		return self::ACTION . "_{$name}_$answer";
	}

	/** A button was pressed. */
	public function handle(): void {
		// phpcs:disable WordPress.Security.NonceVerification -- the nonce's name is made of these; it is checked next.
		$name   = isset( $_GET['name'] ) ? sanitize_key( wp_unslash( $_GET['name'] ) ) : '';
		$answer = isset( $_GET['answer'] ) ? sanitize_key( wp_unslash( $_GET['answer'] ) ) : '';
		// phpcs:enable
		check_admin_referer( self::nonce( $name, $answer ) );
		$row = Refused::get( $name );
		if ( $row && ! Refused::may( $row ) ) {
			wp_die( esc_html__( 'You are not allowed to do this.', 'moderation' ), '', array( 'response' => 403 ) );
		}
		if ( ! $row ) {
			$said = __( 'There is nothing to decide about this any more.', 'moderation' );
		} elseif ( 'forget' === $answer ) {
			Refused::forget( $name );
			$said = __( 'Left as it is.', 'moderation' );
		} else {
			$said = $this->put( $name, $row );
		}
		Answers::say( $said );
		wp_safe_redirect( self::url() );
		exit;
	}

	/**
	 * It is no spam: it is stored, passes from now on, and the service is told.
	 *
	 * @param string $name Of the row.
	 * @param array  $row  Of Refused.
	 * @return string What was done.
	 */
	private function put( string $name, array $row ): string {
		$entry = Fields::judged( $row );
		$why   = $this->fields->put( $row );
		if ( '' !== $why ) {
			return $why;
		}
		Refused::forget( $name );
		try {
			$this->client->feedback( $entry, false );
			$told = __( 'The service was told.', 'moderation' );
		} catch ( Failure $failure ) {
			$told = __( 'The service could not be told.', 'moderation' );
		}
		/* translators: %s: whether the service was told */
		return sprintf( __( 'Not spam: this text passes from now on. %s', 'moderation' ), $told );
	}
}
