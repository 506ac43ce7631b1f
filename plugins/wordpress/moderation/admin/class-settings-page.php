<?php
/**
 * The page of settings.
 *
 * @package Moderation
 */

namespace Moderation\Admin;

use Moderation\Client;
use Moderation\Entry;
use Moderation\Failure;
use Moderation\Judge;
use Moderation\Settings;

use const Moderation\FILE;

defined( 'ABSPATH' ) || exit;

/**
 * Shows and stores the settings, and tests them by asking the service for real.
 */
final class Settings_Page {

	const PAGE = 'moderation';
	const TEST = 'moderation_test';

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

	/** Takes its places. */
	public function hook(): void {
		add_action(
			'admin_menu',
			function () {
				$name = __( 'Moderation', 'moderation' );
				add_options_page( $name, $name, 'manage_options', self::PAGE, array( $this, 'show' ) );
			}
		);
		add_action(
			'admin_init',
			static function () {
				register_setting( self::PAGE, Settings::OPTION, array( 'sanitize_callback' => array( Settings::class, 'sanitize' ) ) );
			}
		);
		add_action( 'admin_post_' . self::TEST, array( $this, 'test' ) );
		add_filter(
			'plugin_action_links_' . plugin_basename( FILE ),
			static function ( $links ) {
				$url = admin_url( 'options-general.php?page=' . self::PAGE );
				return array_merge( array( sprintf( '<a href="%s">%s</a>', esc_url( $url ), esc_html__( 'Settings', 'moderation' ) ) ), $links );
			}
		);
	}

	/** Tests what is stored, and goes back to say what came of it. */
	public function test(): void {
		check_admin_referer( self::TEST );
		if ( ! current_user_can( 'manage_options' ) ) {
			wp_die( esc_html__( 'You are not allowed to do this.', 'moderation' ), '', array( 'response' => 403 ) );
		}
		$name = self::TEST . '_' . get_current_user_id();
		Dashboard::forget();
		try {
			$began = microtime( true );
			$model = $this->client->model();
			// A line of the kind that is injected: gambling brands, as a list of keywords.
			$sample  = '澳门威尼斯人官网_真人百家乐开户_新葡京娱乐场_时时彩投注';
			$verdict = $this->client->clean( new Entry( array( 'title' => 'Test', 'html' => "<p>$sample</p>" ), home_url( '/' ) ) );
			$time    = (int) round( 1000 * ( microtime( true ) - $began ) );
			/* translators: 1: model, 2: policy, 3: what it does with a sample, 4: milliseconds */
			$said = __( 'The service answers: model %1$s, policy %2$s; a sample of spam is judged “%3$s”. Two calls took %4$d ms.', 'moderation' );
			$said = sprintf( $said, $model['model'], $model['policy'], $verdict->action, $time );
			set_transient( $name, array( 'success', $said ), 60 );
			update_option( Judge::TROUBLE, '' );
		} catch ( Failure $failure ) {
			set_transient( $name, array( 'error', $failure->getMessage() ), 60 );
		}
		wp_safe_redirect( admin_url( 'options-general.php?page=' . self::PAGE ) );
		exit;
	}

	/** Prints the page. */
	public function show(): void {
		echo '<div class="wrap moderation-settings"><h1>' . esc_html__( 'Moderation', 'moderation' ) . '</h1>';
		$name   = self::TEST . '_' . get_current_user_id();
		$result = get_transient( $name );
		if ( is_array( $result ) ) {
			delete_transient( $name );
			printf( '<div class="notice notice-%s inline"><p>%s</p></div>', esc_attr( $result[0] ), esc_html( $result[1] ) );
		}
		echo '<form method="post" action="options.php">';
		settings_fields( self::PAGE );
		echo '<h2>' . esc_html__( 'The service', 'moderation' ) . '</h2><table class="form-table" role="presentation">';
		$this->service();
		echo '</table><h2>' . esc_html__( 'What is done', 'moderation' ) . '</h2><table class="form-table" role="presentation">';
		$this->actions();
		echo '</table><p class="submit">';
		submit_button( null, 'primary', 'submit', false );
		// A button of the second form, beside that of the first.
		printf(
			' <button type="submit" class="button" form="%s">%s</button></p></form>',
			esc_attr( self::TEST ),
			esc_html__( 'Test what is stored', 'moderation' )
		);
		printf( '<form method="post" id="%s" action="%s">', esc_attr( self::TEST ), esc_url( admin_url( 'admin-post.php' ) ) );
		printf( '<input type="hidden" name="action" value="%s">', esc_attr( self::TEST ) );
		wp_nonce_field( self::TEST );
		echo '</form></div>';
	}

	/** The rows on the service. */
	private function service(): void {
		$is_fixed = Settings::is_url_fixed();
		$field    = sprintf(
			'<input type="url" class="regular-text code" id="moderation-url" name="%s[url]" value="%s" %s>',
			esc_attr( Settings::OPTION ),
			esc_attr( Settings::url() ),
			disabled( $is_fixed, true, false )
		);
		$hint = $is_fixed
			? __( 'Set by wp-config.php: a key that stands there goes to MODERATION_URL, or to this machine where that is not set.', 'moderation' )
			: __( 'Where “moderation serve” listens. For another host the key has to be entered again.', 'moderation' );
		if ( Settings::is_exposed() ) {
			$said   = __( 'This address is not https and not on this machine: whoever is on the way reads the key and all texts, and can change the answers.', 'moderation' );
			$field .= '<div class="notice notice-warning inline"><p>' . esc_html( $said ) . '</p></div>';
		}
		self::row( 'moderation-url', __( 'Address', 'moderation' ), $field, $hint );

		$is_fixed = defined( 'MODERATION_KEY' );
		$known    = Settings::key_hint();
		$field    = sprintf(
			'<input type="password" class="regular-text code" id="moderation-key" name="%1$s[key]" value="" placeholder="%2$s" autocomplete="off" %3$s>',
			esc_attr( Settings::OPTION ),
			esc_attr( $known ),
			disabled( $is_fixed, true, false )
		);
		if ( '' !== $known && ! $is_fixed ) {
			$field .= sprintf(
				' <label><input type="checkbox" name="%s[forget_key]" value="1"> %s</label>',
				esc_attr( Settings::OPTION ),
				esc_html__( 'Forget it', 'moderation' )
			);
		}
		$hint = $is_fixed ? __( 'Set by MODERATION_KEY.', 'moderation' ) : __( 'The one that it printed; left empty, the stored one stays. It is never shown again.', 'moderation' );
		self::row( 'moderation-key', __( 'Key', 'moderation' ), $field, $hint );

		$field = sprintf(
			'<input type="number" class="small-text" id="moderation-timeout" name="%s[timeout]" min="1" max="30" value="%d"> %s',
			esc_attr( Settings::OPTION ),
			(int) Settings::get( 'timeout' ),
			esc_html__( 'seconds', 'moderation' )
		);
		self::row( 'moderation-timeout', __( 'Wait at most', 'moderation' ), $field, '' );

		$choices = array(
			'open'   => __( 'Let posts and comments through, and mark them', 'moderation' ),
			'closed' => __( 'Hold posts and comments as pending', 'moderation' ),
		);
		self::row( 'moderation-when_down', __( 'When it does not answer', 'moderation' ), self::select( 'when_down', $choices ), '' );
	}

	/** The rows on what is done. */
	private function actions(): void {
		$names  = array(
			'clean'  => __( 'Cut it out, keep the original', 'moderation' ),
			'hold'   => __( 'Hold as pending', 'moderation' ),
			'reject' => __( 'Refuse (REST), otherwise hold', 'moderation' ),
			'ignore' => __( 'Let it pass', 'moderation' ),
		);
		$labels = array(
			'on_clean'  => array( __( 'Parts are spam', 'moderation' ), __( 'Verdict “clean”. What would be left without a title or a text is held; of a comment nothing is cut, see “It may be spam”.', 'moderation' ) ),
			'on_review' => array( __( 'It may be spam', 'moderation' ), __( 'Verdict “review”.', 'moderation' ) ),
			'on_reject' => array( __( 'All of it is spam', 'moderation' ), __( 'Verdict “reject”.', 'moderation' ) ),
		);
		foreach ( $labels as $name => $label ) {
			$choices = array_intersect_key( $names, array_flip( Settings::CHOICES[ $name ] ) );
			self::row( "moderation-$name", $label[0], self::select( $name, $choices ), $label[1] );
		}
		$boxes = sprintf( '<input type="hidden" name="%s[types][]" value="">', esc_attr( Settings::OPTION ) );
		foreach ( Settings::possible_types() as $type ) {
			$label  = get_post_type_object( $type )->labels->name;
			$boxes .= self::box( '[types][]', $type, in_array( $type, Settings::types(), true ), "$label ($type)" );
		}
		self::row( '', __( 'Types of posts', 'moderation' ), $boxes, '' );
		$boxes = '';
		$names = array(
			'drafts'   => __( 'Drafts too', 'moderation' ),
			'comments' => __( 'Comments', 'moderation' ),
			'fields'   => __( 'What stands beside posts: titles and descriptions for search engines, chosen addresses, texts of pictures, tags, names and biographies of users, the name of the site', 'moderation' ),
		);
		foreach ( $names as $name => $label ) {
			$boxes .= sprintf( '<input type="hidden" name="%s[%s]" value="0">', esc_attr( Settings::OPTION ), esc_attr( $name ) );
			$boxes .= self::box( "[$name]", '1', (bool) Settings::get( $name ), $label );
		}
		self::row( '', __( 'Also', 'moderation' ), $boxes, __( 'A draft is checked in any case before it is published.', 'moderation' ) );
	}

	/**
	 * A row of a table.
	 *
	 * @param string $id    Of the field, or nothing.
	 * @param string $label Text.
	 * @param string $field Markup, escaped.
	 * @param string $hint  Text.
	 */
	private static function row( string $id, string $label, string $field, string $hint ): void {
		$head = '' === $id ? esc_html( $label ) : sprintf( '<label for="%s">%s</label>', esc_attr( $id ), esc_html( $label ) );
		$hint = '' === $hint ? '' : '<p class="description">' . esc_html( $hint ) . '</p>';
		echo "<tr><th scope=\"row\">$head</th><td>$field$hint</td></tr>"; // phpcs:ignore WordPress.Security.EscapeOutput -- escaped above.
	}

	/**
	 * A list to choose from.
	 *
	 * @param string                $name    Of the setting.
	 * @param array<string, string> $choices Values and texts.
	 */
	private static function select( string $name, array $choices ): string {
		$options = '';
		foreach ( $choices as $value => $text ) {
			$is_chosen = selected( Settings::get( $name ), $value, false );
			$options  .= sprintf( '<option value="%s" %s>%s</option>', esc_attr( $value ), $is_chosen, esc_html( $text ) );
		}
		return sprintf( '<select id="moderation-%1$s" name="%2$s[%1$s]">%3$s</select>', esc_attr( $name ), esc_attr( Settings::OPTION ), $options );
	}

	/**
	 * A box to tick.
	 *
	 * @param string $name      Of the field, behind that of the option.
	 * @param string $value     If it is ticked.
	 * @param bool   $is_ticked Whether it is.
	 * @param string $label     Text.
	 */
	private static function box( string $name, string $value, bool $is_ticked, string $label ): string {
		return sprintf(
			'<label><input type="checkbox" name="%s" value="%s" %s> %s</label>',
			esc_attr( Settings::OPTION . $name ),
			esc_attr( $value ),
			checked( $is_ticked, true, false ),
			esc_html( $label )
		);
	}
}
