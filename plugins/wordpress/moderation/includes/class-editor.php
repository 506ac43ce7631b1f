<?php
/**
 * The notice in the block editor.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * Gives each post that an editor loads or stores its record, which admin/editor.js shows.
 */
final class Editor {

	/** Takes its places. */
	public function hook(): void {
		add_action( 'rest_api_init', array( $this, 'add_field' ) );
		add_action( 'enqueue_block_editor_assets', array( $this, 'enqueue' ) );
	}

	/** A field of posts in REST that only their editors see. */
	public function add_field(): void {
		$schema = array(
			'description' => __( 'What was found in it, masked, and what can be done.', 'moderation' ),
			'type'        => array( 'object', 'null' ),
			'context'     => array( 'edit' ),
			'readonly'    => true,
		);
		foreach ( Settings::types() as $type ) {
			register_rest_field( $type, 'moderation', array( 'get_callback' => array( $this, 'field' ), 'schema' => $schema ) );
		}
	}

	/**
	 * The field.
	 *
	 * @param array $post As REST shows it.
	 */
	public function field( $post ): ?array {
		// A template has a name where others have a number; it has no record.
		$id  = isset( $post['id'] ) && is_int( $post['id'] ) ? $post['id'] : 0;
		$row = $id && current_user_can( 'edit_post', $id ) ? Record::get( 'post', $id ) : null;
		if ( ! $row ) {
			return null;
		}
		return array(
			'state'    => $row['state'],
			'story'    => Words::story( $row, (string) get_post_status( $id ) ),
			'findings' => array_map( array( Words::class, 'finding' ), $row['findings'] ),
			'answers'  => array_values( Answers::for( 'post', $id ) ),
		);
	}

	/** The script that shows it. */
	public function enqueue(): void {
		wp_enqueue_script(
			'moderation-editor',
			plugins_url( 'admin/editor.js', FILE ),
			array( 'wp-blocks', 'wp-data', 'wp-notices', 'wp-editor' ),
			VERSION,
			true
		);
		$said = Answers::take_said();
		if ( '' !== $said ) {
			// As JSON in which nothing can end the script.
			$text = wp_json_encode( $said, JSON_HEX_TAG | JSON_HEX_AMP );
			wp_add_inline_script( 'moderation-editor', "wp.data.dispatch( 'core/notices' ).createNotice( 'success', $text );" );
		}
	}
}
