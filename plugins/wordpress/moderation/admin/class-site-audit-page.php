<?php
/**
 * The page of an audit of all that stands on the site.
 *
 * @package Moderation
 */

namespace Moderation\Admin;

use Moderation\Answers;
use Moderation\Record;
use Moderation\Site_Audit;
use Moderation\Words;

use const Moderation\FILE;
use const Moderation\VERSION;

defined( 'ABSPATH' ) || exit;

/**
 * Begins, cancels and resumes an audit, shows how far it is, and lists what was found. The page asks for one step after the other
 * while it is open; opened again, it goes on.
 */
final class Site_Audit_Page {

	const PAGE   = 'moderation-site-audit';
	const STEP   = 'moderation_site_audit_step';
	const ACTION = 'moderation_site_audit';

	/** @var Site_Audit */
	private $audit;

	/**
	 * Makes one.
	 *
	 * @param Site_Audit $audit What it shows.
	 */
	public function __construct( Site_Audit $audit ) {
		$this->audit = $audit;
	}

	/** Takes its places. */
	public function hook(): void {
		add_action(
			'admin_menu',
			function () {
				$name = __( 'Site audit', 'moderation' );
				add_management_page( $name, $name, 'manage_options', self::PAGE, array( $this, 'show' ) );
			}
		);
		add_action( 'admin_post_' . self::ACTION, array( $this, 'handle' ) );
		add_action( 'wp_ajax_' . self::STEP, array( $this, 'step' ) );
		add_action(
			'admin_enqueue_scripts',
			static function ( $page ) {
				if ( 'tools_page_' . self::PAGE === $page ) {
					wp_enqueue_script( 'moderation-site-audit', plugins_url( 'admin/site-audit.js', FILE ), array(), VERSION, true );
				}
			}
		);
	}

	/** A button was pressed. */
	public function handle(): void {
		check_admin_referer( self::ACTION );
		if ( ! current_user_can( 'manage_options' ) ) {
			wp_die( esc_html__( 'You are not allowed to do this.', 'moderation' ), '', array( 'response' => 403 ) );
		}
		$do = isset( $_POST['do'] ) && is_string( $_POST['do'] ) ? sanitize_key( $_POST['do'] ) : '';
		if ( 'start' === $do ) {
			if ( ! $this->audit->start( Lists::types(), ! empty( $_POST['apply'] ) ) ) {
				Answers::say( __( 'An audit is running already.', 'moderation' ) );
			}
		} elseif ( 'cancel' === $do ) {
			Site_Audit::cancel();
		} elseif ( 'resume' === $do ) {
			Site_Audit::resume();
		}
		wp_safe_redirect( admin_url( 'tools.php?page=' . self::PAGE ) );
		exit;
	}

	/** Takes the next step, and answers how far it is. */
	public function step(): void {
		if ( ! current_user_can( 'manage_options' ) || ! check_ajax_referer( self::ACTION, false, false ) ) {
			wp_send_json( array( 'error' => __( 'You are not allowed to do this.', 'moderation' ) ), 403 );
		}
		$kept = $this->audit->step();
		if ( ! $kept ) {
			wp_send_json( array( 'error' => __( 'No audit was begun.', 'moderation' ) ), 404 );
		}
		$row = array_intersect_key( $kept, array_flip( array( 'state', 'total', 'done', 'checked', 'flagged' ) ) );
		wp_send_json( $row + array( 'said' => self::progress( $kept ) ) );
	}

	/** Prints the page. */
	public function show(): void {
		$kept = Site_Audit::get();
		echo '<div class="wrap moderation-site-audit"><h1>' . esc_html__( 'Site audit', 'moderation' ) . '</h1>';
		echo '<p>' . esc_html__( 'Asks the service about all posts of the guarded types that are or may become public.', 'moderation' ) . '</p>';
		if ( $kept ) {
			$this->state( $kept );
		}
		if ( ! $kept || 'running' !== $kept['state'] ) {
			$this->begin( $kept );
		}
		if ( $kept && 'running' !== $kept['state'] ) {
			$this->rows( $kept );
			$this->errors( $kept );
		}
		echo '</div>';
	}

	/**
	 * Prints how far it is.
	 *
	 * @param array $kept See Site_Audit::get().
	 */
	private function state( array $kept ): void {
		$states = array(
			'running'   => __( 'The audit is running. It goes on while this page is open, and where it stopped when it is opened again.', 'moderation' ),
			'stopped'   => __( 'The audit stopped, since there were no verdicts. It can go on where it stopped.', 'moderation' ),
			'cancelled' => __( 'The audit was cancelled. It can go on where it stopped.', 'moderation' ),
			'done'      => __( 'The audit is done.', 'moderation' ),
		);
		$why    = '' === $kept['why'] ? '' : ' ' . Words::why( $kept['why'] );
		printf( '<p class="moderation-site-audit-state is-%s">%s</p>', esc_attr( $kept['state'] ), esc_html( $states[ $kept['state'] ] . $why ) );
		printf(
			'<div id="moderation-site-audit" data-state="%s" data-url="%s" data-action="%s" data-nonce="%s" data-trouble="%s">',
			esc_attr( $kept['state'] ),
			esc_url( admin_url( 'admin-ajax.php' ) ),
			esc_attr( self::STEP ),
			esc_attr( wp_create_nonce( self::ACTION ) ),
			esc_attr__( 'This page gets no answer. Open it again to go on.', 'moderation' )
		);
		printf( '<progress max="%d" value="%d"></progress>', max( 1, (int) $kept['total'] ), 'done' === $kept['state'] ? max( 1, (int) $kept['total'] ) : (int) $kept['done'] );
		printf( '<p class="moderation-site-audit-said" role="status">%s</p></div>', esc_html( self::progress( $kept ) ) );
		if ( 'running' === $kept['state'] ) {
			echo '<noscript><p>' . esc_html__( 'This page needs JavaScript to go on. “wp moderation audit” does the same without it.', 'moderation' ) . '</p></noscript>';
			self::button( 'cancel', __( 'Cancel', 'moderation' ), 'button' );
		} elseif ( 'done' !== $kept['state'] ) {
			self::button( 'resume', __( 'Go on', 'moderation' ), 'button button-primary' );
		}
	}

	/**
	 * How far it is, in a line.
	 *
	 * @param array $kept See Site_Audit::get().
	 */
	private static function progress( array $kept ): string {
		/* translators: 1: number of posts, 2: of how many, 3: number of posts */
		$said = __( '%1$s of %2$s posts looked at, %3$s flagged.', 'moderation' );
		return sprintf( $said, number_format_i18n( $kept['done'] ), number_format_i18n( $kept['total'] ), number_format_i18n( $kept['flagged'] ) );
	}

	/**
	 * Prints the form that begins one.
	 *
	 * @param array|null $kept The one from before.
	 */
	private function begin( ?array $kept ): void {
		$box = sprintf(
			'<p><label><input type="checkbox" name="apply" value="1"> %s</label></p>',
			esc_html__( 'Clean or hold what is flagged, as the settings say. Without it posts are only marked.', 'moderation' )
		);
		echo '<h2>' . esc_html( $kept ? __( 'Audit once more', 'moderation' ) : __( 'Begin', 'moderation' ) ) . '</h2>';
		self::button( 'start', __( 'Begin an audit', 'moderation' ), $kept ? 'button' : 'button button-primary', $box );
	}

	/**
	 * Prints a form with one button.
	 *
	 * @param string $do    What it does.
	 * @param string $label Text.
	 * @param string $class Of the button.
	 * @param string $above Markup above it, escaped.
	 */
	private static function button( string $do, string $label, string $class, string $above = '' ): void {
		printf( '<form method="post" action="%s">%s', esc_url( admin_url( 'admin-post.php' ) ), $above ); // phpcs:ignore WordPress.Security.EscapeOutput
		printf( '<input type="hidden" name="action" value="%s"><input type="hidden" name="do" value="%s">', esc_attr( self::ACTION ), esc_attr( $do ) );
		wp_nonce_field( self::ACTION, '_wpnonce', false );
		printf( '<p><button type="submit" class="%s">%s</button></p></form>', esc_attr( $class ), esc_html( $label ) );
	}

	/**
	 * Prints what was found, as it is now: what was decided since is told as that.
	 *
	 * @param array $kept See Site_Audit::get().
	 */
	private function rows( array $kept ): void {
		echo '<h2>' . esc_html__( 'What was found', 'moderation' ) . '</h2>';
		if ( ! $kept['rows'] ) {
			echo '<p>' . esc_html__( 'Nothing.', 'moderation' ) . '</p>';
			return;
		}
		echo '<table class="widefat striped moderation-found"><thead><tr><th scope="col">' . esc_html__( 'Post', 'moderation' )
			. '</th><th scope="col">' . esc_html__( 'Moderation', 'moderation' ) . '</th></tr></thead><tbody>';
		_prime_post_caches( $kept['rows'] );
		foreach ( array_filter( $kept['rows'], 'get_post' ) as $id ) {
			if ( current_user_can( 'edit_post', $id ) ) {
				$this->row( get_post( $id ) );
			}
		}
		echo '</tbody></table>';
		if ( $kept['flagged'] > count( $kept['rows'] ) ) {
			/* translators: %d: number of posts */
			$said = __( 'Only the first %d are listed here. All are marked in the lists of posts.', 'moderation' );
			echo '<p>' . esc_html( sprintf( $said, count( $kept['rows'] ) ) ) . '</p>';
		}
	}

	/**
	 * Prints a row.
	 *
	 * @param \WP_Post $post The post.
	 */
	private function row( \WP_Post $post ): void {
		$record = 'trash' === $post->post_status ? null : Record::get( 'post', $post->ID );
		echo '<tr><td>';
		Lists::name( $post, $record );
		echo '</td><td>';
		if ( $record ) {
			Lists::cell( $record, $post->post_status );
		} else {
			echo esc_html__( 'Decided.', 'moderation' );
		}
		echo '</td></tr>';
	}

	/**
	 * Prints what could not be judged.
	 *
	 * @param array $kept See Site_Audit::get().
	 */
	private function errors( array $kept ): void {
		if ( ! $kept['errors'] ) {
			return;
		}
		echo '<h2>' . esc_html__( 'What could not be judged', 'moderation' ) . '</h2><ul class="moderation-findings">';
		foreach ( $kept['errors'] as $id => $why ) {
			printf( '<li><a href="%s">#%d</a> %s</li>', esc_url( (string) get_edit_post_link( $id, 'raw' ) ), (int) $id, esc_html( Words::why( $why ) ) );
		}
		echo '</ul>';
	}
}
