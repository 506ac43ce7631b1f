<?php
/**
 * Posts that are there already.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * Judges stored posts, in the order of their numbers and some at a time, and marks those that are flagged.
 */
final class Audit {

	const MOST_POSTS = 50;
	const MOST_BYTES = 1000000;

	/** @var Client */
	private $client;

	/** @var Posts */
	private $posts;

	/**
	 * Makes one.
	 *
	 * @param Client $client The service.
	 * @param Posts  $posts  The doors of posts.
	 */
	public function __construct( Client $client, Posts $posts ) {
		$this->client = $client;
		$this->posts  = $posts;
	}

	/**
	 * Judges posts.
	 *
	 * @param array $args ids (these only), types and statuses (lists; by default the guarded types and whatever is or may
	 *                    become public), after (a post's number: those behind it), limit, apply (treat what is flagged as the
	 *                    settings say, as if it came in now), and progress (called with the number of posts judged so far).
	 * @return array{checked: int, flagged: int, rows: array<int, array<string, mixed>>, last: int, stopped: string} A row has
	 *               id, title (masked where it was found in), type, status, action, labels, outcome and error; `stopped` says
	 *               why not all were judged, and `last` is the number to go on after.
	 */
	public function run( array $args = array() ): array {
		$args  = $args + self::defaults();
		$found = array( 'checked' => 0, 'flagged' => 0, 'rows' => array(), 'last' => (int) $args['after'], 'stopped' => '' );
		$left  = $args['limit'] > 0 ? (int) $args['limit'] : PHP_INT_MAX;
		while ( $left > 0 ) {
			$posts = $this->next( $args, $found['last'], min( self::MOST_POSTS, $left ) );
			if ( ! $posts ) {
				break;
			}
			try {
				$verdicts = $this->verdicts( array_column( $posts, 'entry' ) );
			} catch ( Failure $failure ) {
				$found['stopped'] = $failure->getMessage();
				break;
			}
			foreach ( $posts as $number => $post ) {
				$row = $this->treat( $post['post'], $post['entry'], $verdicts[ $number ], (bool) $args['apply'] );
				++$found['checked'];
				if ( $row ) {
					$found['flagged'] += '' === $row['error'] ? 1 : 0;
					$found['rows'][]   = $row;
				}
				$found['last'] = $post['post']->ID;
			}
			$left -= count( $posts );
			if ( is_callable( $args['progress'] ) ) {
				call_user_func( $args['progress'], $found['checked'] );
			}
			wp_cache_flush_runtime();
		}
		return $found;
	}

	/**
	 * How many posts an audit comes by, with or without a text.
	 *
	 * @param array $args types, statuses and after, see run().
	 */
	public function count( array $args = array() ): int {
		global $wpdb;
		$args = $args + self::defaults();
		if ( ! $args['types'] || ! $args['statuses'] ) {
			return 0;
		}
		list( $where, $values ) = self::where( $args );
		$sql = "SELECT COUNT(*) FROM {$wpdb->posts} WHERE $where AND ID > %d";
		return (int) $wpdb->get_var( $wpdb->prepare( $sql, array_merge( $values, array( (int) $args['after'] ) ) ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	}

	/** What is judged where nothing else is asked for. */
	private static function defaults(): array {
		return array(
			'ids'      => null,
			'types'    => Settings::types(),
			'statuses' => array( 'publish', 'future', 'pending', 'private' ),
			'after'    => 0,
			'limit'    => 0,
			'apply'    => false,
			'progress' => null,
		);
	}

	/**
	 * Which posts are judged, for a query.
	 *
	 * @param array $args types, statuses and ids, see run().
	 * @return array{0: string, 1: string[]} A condition, and the values of its places.
	 */
	private static function where( array $args ): array {
		$marks = static function ( array $values ) {
			return implode( ',', array_fill( 0, count( $values ), '%s' ) );
		};
		$where = "post_type IN ({$marks( $args['types'] )}) AND post_status IN ({$marks( $args['statuses'] )})";
		if ( is_array( $args['ids'] ) ) {
			$where .= ' AND ID IN (' . implode( ',', array_map( 'intval', $args['ids'] ) ) . ')';
		}
		return array( $where, array_merge( array_values( $args['types'] ), array_values( $args['statuses'] ) ) );
	}

	/**
	 * The verdicts on some entries; one that cannot be judged does not keep the others from theirs.
	 *
	 * @param Entry[] $entries In order.
	 * @return array<int, Verdict|Failure>
	 * @throws Failure The service cannot be asked.
	 */
	private function verdicts( array $entries ): array {
		try {
			return $this->client->check( $entries );
		} catch ( Failure $failure ) {
			if ( ! $failure->is_of_text ) {
				throw $failure;
			}
			// Which of them it is, is known when each is asked about alone.
			if ( 1 === count( $entries ) ) {
				return array( $failure );
			}
		}
		$found = array();
		foreach ( $entries as $entry ) {
			$found[] = $this->verdicts( array( $entry ) )[0];
		}
		return $found;
	}

	/**
	 * The next posts that have a text.
	 *
	 * @param array $args  See run().
	 * @param int   $after The number they come behind.
	 * @param int   $most  How many.
	 * @return array<int, array{post: \WP_Post, entry: Entry}>
	 */
	private function next( array $args, int $after, int $most ): array {
		global $wpdb;
		if ( ! $args['types'] || ! $args['statuses'] || array() === $args['ids'] ) {
			return array();
		}
		list( $where, $values ) = self::where( $args );
		$found = array();
		$size  = 0;
		do {
			$sql = "SELECT ID FROM {$wpdb->posts} WHERE $where AND ID > %d ORDER BY ID LIMIT %d";
			$ids = $wpdb->get_col( $wpdb->prepare( $sql, array_merge( $values, array( $after, $most ) ) ) ); // phpcs:ignore WordPress.DB.PreparedSQL
			foreach ( $ids as $id ) {
				$after = (int) $id;
				$post  = get_post( $after );
				$entry = $post ? Entry::post( $post->to_array(), $after ) : null;
				if ( ! $entry || $entry->is_empty() ) {
					continue;
				}
				$size += strlen( implode( '', $entry->fields ) );
				if ( $found && $size > self::MOST_BYTES ) {
					return $found;
				}
				$found[] = compact( 'post', 'entry' );
			}
		} while ( $ids && ! $found );
		return $found;
	}

	/**
	 * Marks a post by its verdict.
	 *
	 * @param \WP_Post        $post     The post.
	 * @param Entry           $entry    Its text.
	 * @param Verdict|Failure $verdict  What was said of it.
	 * @param bool            $is_apply Whether it is treated as the settings say.
	 * @return array|null A row, if there is something to say.
	 */
	private function treat( \WP_Post $post, Entry $entry, $verdict, bool $is_apply ): ?array {
		$row = array( 'id' => $post->ID, 'title' => $post->post_title, 'type' => $post->post_type, 'status' => $post->post_status );
		if ( $verdict instanceof Failure ) {
			return $row + array( 'action' => '', 'labels' => '', 'outcome' => '', 'error' => $verdict->getMessage() );
		}
		$known = Record::get( 'post', $post->ID );
		if ( 'allow' === $verdict->action || Judge::is_allowed( $entry->digest() ) ) {
			if ( $known && in_array( $known['state'], array( 'flagged', 'unchecked' ), true ) && 'pending' !== $post->post_status ) {
				Record::forget( 'post', $post->ID );
			}
			return null;
		}
		if ( in_array( 'title', array_column( $verdict->findings, 'field' ), true ) ) {
			$row['title'] = Verdict::mask( $post->post_title );
		}
		if ( ! $known || 'held' !== $known['state'] ) {
			$decision          = new Decision();
			$decision->verdict = $verdict;
			Record::set( 'post', $post->ID, Record::of( 'flagged', $decision, $post->post_status ) );
		}
		if ( $is_apply ) {
			$this->posts->save( array( 'ID' => $post->ID ) );
		}
		$known          = Record::get( 'post', $post->ID );
		$row['status']  = (string) get_post_status( $post->ID );
		$row['action']  = $verdict->action;
		$row['labels']  = implode( ' ', array_unique( array_column( $verdict->findings, 'label' ) ) );
		$row['outcome'] = $known ? $known['state'] : '';
		return $row + array( 'error' => '' );
	}
}
