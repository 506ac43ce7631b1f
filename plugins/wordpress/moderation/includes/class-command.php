<?php
/**
 * The commands of WP-CLI.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * Judges what is published already, and tests the service.
 */
final class Command {

	/** @var Audit */
	private $audit;

	/** @var Client */
	private $client;

	/**
	 * Makes one.
	 *
	 * @param Audit  $audit  Judges posts.
	 * @param Client $client The service.
	 */
	public function __construct( Audit $audit, Client $client ) {
		$this->audit  = $audit;
		$this->client = $client;
	}

	/**
	 * Judges posts that are there already, and marks those that are flagged.
	 *
	 * ## OPTIONS
	 *
	 * [--post_type=<types>]
	 * : Of these types, with commas between them. By default those that are guarded.
	 *
	 * [--post_status=<statuses>]
	 * : In these statuses. By default publish,future,pending,private.
	 *
	 * [--after=<id>]
	 * : Only posts with a higher number, to go on where an audit stopped.
	 *
	 * [--limit=<number>]
	 * : No more than these.
	 *
	 * [--apply]
	 * : Clean or hold what is flagged, as the settings say. Without it posts are only marked.
	 *
	 * [--format=<format>]
	 * : table, csv, json or yaml.
	 *
	 * ## EXAMPLES
	 *
	 *     wp moderation audit --limit=1000
	 *     wp moderation audit --post_type=post,page --apply --format=csv
	 *
	 * @param array $args  None.
	 * @param array $given The options.
	 */
	public function audit( $args, $given ): void {
		$ask = array( 'apply' => ! empty( $given['apply'] ) );
		foreach ( array( 'post_type' => 'types', 'post_status' => 'statuses' ) as $option => $name ) {
			if ( ! empty( $given[ $option ] ) ) {
				$ask[ $name ] = array_map( 'trim', explode( ',', $given[ $option ] ) );
			}
		}
		foreach ( array( 'after', 'limit' ) as $name ) {
			if ( isset( $given[ $name ] ) ) {
				$ask[ $name ] = (int) $given[ $name ];
			}
		}
		$found   = $this->audit->run( $ask );
		$columns = array( 'id', 'type', 'status', 'action', 'labels', 'outcome', 'title', 'error' );
		\WP_CLI\Utils\format_items( $given['format'] ?? 'table', $found['rows'], $columns );
		if ( '' !== $found['stopped'] ) {
			\WP_CLI::error( "{$found['checked']} posts judged; go on with --after={$found['last']}. {$found['stopped']}" );
		}
		\WP_CLI::log( "{$found['checked']} posts judged, {$found['flagged']} flagged" );
	}

	/**
	 * Says whether the service answers, and what judges.
	 *
	 * @param array $args  None.
	 * @param array $given None.
	 */
	public function test( $args, $given ): void {
		try {
			$model = $this->client->model();
			\WP_CLI::success( "{$model['model']}, policy {$model['policy']}" );
		} catch ( Failure $failure ) {
			\WP_CLI::error( $failure->getMessage() );
		}
	}
}
