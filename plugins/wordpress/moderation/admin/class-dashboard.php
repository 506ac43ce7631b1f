<?php
/**
 * The widget of the dashboard.
 *
 * @package Moderation
 */

namespace Moderation\Admin;

use Moderation\Client;
use Moderation\Failure;
use Moderation\Record;
use Moderation\Refused;
use Moderation\Settings;
use Moderation\Tally;
use Moderation\Words;

defined( 'ABSPATH' ) || exit;

/**
 * For those who may decide: what was done in the last seven days, what waits for them, and whether the service answers. What
 * was found is not shown here, and where the service is and what it says only to those who may change the settings.
 */
final class Dashboard {

	const WIDGET = 'moderation_dashboard';

	/** Seconds that the service has to answer in, and that its answer is shown for. */
	const TIMEOUT = 1;
	const FRESH   = 300;

	/** @var Client */
	private $client;

	/**
	 * Makes one.
	 *
	 * @param Client $client The service.
	 */
	public function __construct( Client $client ) {
		$this->client = $client;
	}

	/** Takes its place. */
	public function hook(): void {
		add_action(
			'wp_dashboard_setup',
			function () {
				if ( Lists::types() || self::may_comments() ) {
					wp_add_dashboard_widget( self::WIDGET, __( 'Moderation', 'moderation' ), array( $this, 'show' ) );
				}
			}
		);
	}

	/** Prints the widget. */
	public function show(): void {
		$this->week();
		$this->waiting();
		$this->service();
		if ( current_user_can( 'manage_options' ) ) {
			printf(
				'<p><a href="%s">%s</a></p>',
				esc_url( admin_url( 'tools.php?page=' . Site_Audit_Page::PAGE ) ),
				esc_html__( 'Audit what stands on the site', 'moderation' )
			);
		}
	}

	/** Forgets what the service has answered. */
	public static function forget(): void {
		delete_transient( self::transient() );
	}

	/** What was done. */
	private function week(): void {
		$names = array(
			'cleaned' => __( 'cleaned', 'moderation' ),
			'held'    => __( 'held', 'moderation' ),
			'refused' => __( 'refused', 'moderation' ),
		);
		echo '<h3>' . esc_html__( 'The last seven days', 'moderation' ) . '</h3><ul class="moderation-week">';
		foreach ( Tally::week() as $kind => $number ) {
			printf( '<li class="is-%s"><b>%s</b> %s</li>', esc_attr( $kind ), esc_html( number_format_i18n( $number ) ), esc_html( $names[ $kind ] ) );
		}
		echo '</ul>';
	}

	/** What waits, with links to it. */
	private function waiting(): void {
		echo '<h3>' . esc_html__( 'Waiting for you', 'moderation' ) . '</h3><ul>';
		$is_any = false;
		$counts = Lists::counts();
		foreach ( Lists::types() as $type ) {
			$links = Lists::links( $type, array_diff_key( $counts[ $type ] ?? array(), array( 'cleaned' => 0 ) ) );
			if ( $links ) {
				$is_any = true;
				// phpcs:ignore WordPress.Security.EscapeOutput -- the links are escaped where they are made.
				printf( '<li>%s: %s</li>', esc_html( get_post_type_object( $type )->labels->name ), implode( ' · ', $links ) );
			}
		}
		$comments = self::may_comments() ? self::comments() : 0;
		if ( $comments ) {
			$is_any = true;
			$url    = admin_url( 'edit-comments.php?comment_status=moderated' );
			printf( '<li><a href="%s">%s (%d)</a></li>', esc_url( $url ), esc_html__( 'Comments', 'moderation' ), (int) $comments );
		}
		$refused = count( Refused::mine() );
		if ( $refused && current_user_can( 'edit_others_posts' ) ) {
			$is_any = true;
			printf( '<li><a href="%s">%s (%d)</a></li>', esc_url( Refused_Page::url() ), esc_html__( 'Refused texts', 'moderation' ), (int) $refused );
		}
		echo $is_any ? '' : '<li>' . esc_html__( 'Nothing.', 'moderation' ) . '</li>';
		echo '</ul>';
	}

	/** Whether the service answers. */
	private function service(): void {
		$known = $this->known();
		$said  = $known['is_up'] ? __( 'The service answers.', 'moderation' ) : __( 'The service does not answer.', 'moderation' );
		printf( '<h3>%s</h3><p class="moderation-service is-%s">%s', esc_html__( 'The service', 'moderation' ), $known['is_up'] ? 'up' : 'down', esc_html( $said ) );
		if ( current_user_can( 'manage_options' ) ) {
			/* translators: 1: model, 2: policy */
			$about = $known['is_up'] ? sprintf( __( 'Model %1$s, policy %2$s.', 'moderation' ), $known['model'], $known['policy'] ) : $known['why'];
			echo ' ' . esc_html( $about );
		}
		/* translators: %s: how long ago */
		printf( ' <span class="description">%s</span></p>', esc_html( sprintf( __( 'Asked %s ago.', 'moderation' ), human_time_diff( $known['time'] ) ) ) );
	}

	/**
	 * What the service answers, asked once in some minutes: a dashboard that is opened often does not wait for it.
	 *
	 * @return array{is_up: bool, model: string, policy: string, why: string, time: int}
	 */
	private function known(): array {
		$known = get_transient( self::transient() );
		if ( is_array( $known ) ) {
			return $known;
		}
		$known = array( 'is_up' => false, 'model' => '', 'policy' => '', 'why' => '', 'time' => time() );
		try {
			$row   = $this->client->model( self::TIMEOUT );
			$known = array( 'is_up' => true, 'model' => $row['model'], 'policy' => $row['policy'] ) + $known;
		} catch ( Failure $failure ) {
			$known['why'] = $failure->getMessage();
		}
		set_transient( self::transient(), $known, self::FRESH );
		return $known;
	}

	/** The name of the answer: another address or key is another service, and what is wrong is said in a language. */
	private static function transient(): string {
		return 'moderation_service_' . wp_hash( Settings::url() . "\n" . Settings::key() . "\n" . get_user_locale() );
	}

	/** Whether this person decides about comments. */
	private static function may_comments(): bool {
		return Settings::get( 'comments' ) && current_user_can( 'moderate_comments' );
	}

	/** How many comments wait that were held or not checked. */
	private static function comments(): int {
		global $wpdb;
		$sql = "SELECT COUNT(*) FROM {$wpdb->commentmeta} m JOIN {$wpdb->comments} c ON c.comment_ID = m.comment_id
			WHERE m.meta_key = %s AND c.comment_approved = '0'";
		return (int) $wpdb->get_var( $wpdb->prepare( $sql, Record::STATE ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	}
}
