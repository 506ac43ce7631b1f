<?php
/**
 * The doors by which posts come in.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * Guards posts. wp_insert_post_data is passed by the editors, REST, XML-RPC, imports and code; it can change a text and its
 * status and cannot refuse, which rest_pre_insert_* can. wp_publish_post() passes neither: publish_future_post comes before
 * it where a schedule calls it, and transition_post_status right after it in all other cases.
 */
final class Posts {

	/** Columns of a post for the fields of an entry. */
	const COLUMNS = array(
		'title'   => 'post_title',
		'summary' => 'post_excerpt',
		'html'    => 'post_content',
	);

	/** @var Judge */
	private $judge;

	/** @var array{id: int, columns: array, is_open: bool}|null What save() stores, until WordPress comes to it. */
	private $saving = null;

	/** @var array{id: int, columns: array, is_open: bool}|null The same from then on, until it is decided about. */
	private $own = null;

	/** @var array<string, true> Texts that this request has let through, by digest. */
	private $seen = array();

	/** @var array<int, array<string, mixed>> What is to be noted once a post has its number. */
	private $waiting = array();

	/**
	 * Makes one.
	 *
	 * @param Judge $judge Who decides.
	 */
	public function __construct( Judge $judge ) {
		$this->judge = $judge;
	}

	/** Takes its places. */
	public function hook(): void {
		add_filter( 'wp_insert_post_data', array( $this, 'as_it_is' ), PHP_INT_MIN, 2 );
		// Last of all, so that what it sees is what is stored.
		add_filter( 'wp_insert_post_data', array( $this, 'before_insert' ), PHP_INT_MAX, 2 );
		add_action( 'save_post', array( $this, 'after_insert' ), 1, 2 );
		add_action( 'publish_future_post', array( $this, 'before_scheduled' ), 1 );
		add_action( 'transition_post_status', array( $this, 'after_transition' ), 1, 3 );
		add_action(
			'rest_api_init',
			function () {
				foreach ( Settings::types() as $type ) {
					add_filter( "rest_pre_insert_$type", array( $this, 'before_rest' ), PHP_INT_MAX, 2 );
				}
			}
		);
	}

	/**
	 * Gives a post that save() stores its text as it is. It was filtered for the person who wrote it, and is not filtered again
	 * for the one, or none, who is here. The filters themselves stay: what other hooks store meanwhile passes them.
	 *
	 * @param array $data    Its columns, slashed.
	 * @param array $postarr What was given to wp_insert_post(), with the number if it has one.
	 */
	public function as_it_is( $data, $postarr ) {
		if ( ! $this->saving || ! is_array( $data ) || (int) ( $postarr['ID'] ?? 0 ) !== $this->saving['id'] ) {
			return $data;
		}
		$this->own    = $this->saving;
		$this->saving = null;
		$texts        = $this->own['columns'] + (array) get_post( $this->own['id'], ARRAY_A );
		foreach ( self::COLUMNS as $column ) {
			$data[ $column ] = wp_slash( (string) ( $texts[ $column ] ?? '' ) );
		}
		return $data;
	}

	/**
	 * Decides about a post before it is stored: every door but wp_publish_post().
	 *
	 * @param array $data    Its columns, slashed.
	 * @param array $postarr What was given to wp_insert_post(), with the number if it has one.
	 */
	public function before_insert( $data, $postarr ) {
		$id  = (int) ( $postarr['ID'] ?? 0 );
		$own = null;
		if ( $this->own && $this->own['id'] === $id ) {
			$own       = $this->own;
			$this->own = null;
		}
		if ( ! is_array( $data ) || ! self::is_guarded( $data['post_type'], $data['post_status'] ) ) {
			return $data;
		}
		$entry = Entry::post( wp_unslash( $data ), $id );
		$meant = $data['post_status'];
		$note  = array( 'id' => $id, 'type' => $data['post_type'], 'row' => null, 'original' => null );
		if ( ! $own || ! $own['is_open'] ) {
			$decision = $this->judge->decide( $entry );
			if ( 'clean' === $decision->outcome ) {
				$data             = self::cleaned( $data, $id, $entry, $decision->verdict->cleaned, (bool) $own );
				$note['original'] = $entry->texts();
				$note['row']      = Record::of( 'cleaned', $decision, $meant );
			} elseif ( 'pass' !== $decision->outcome ) {
				// What is refused by REST comes here by the other doors, where a refusal would lose the text.
				if ( 'draft' !== $meant ) {
					$data['post_status'] = 'pending';
				}
				$note['row'] = Record::of( $decision->is_unchecked() ? 'unchecked' : 'held', $decision, $meant );
			} elseif ( $decision->is_unchecked() ) {
				$note['row'] = Record::of( 'unchecked', $decision, $meant );
			}
			$stored          = Entry::post( wp_unslash( $data ), $id );
			$note['digest']  = $stored->text_digest();
			if ( $note['row'] && 'cleaned' === $note['row']['state'] ) {
				// What is put back later takes the place of this, and of nothing that somebody has written since.
				$note['row']['digest'] = $note['digest'];
			}
			$this->waiting[] = $note;
			if ( in_array( $decision->outcome, array( 'pass', 'clean' ), true ) ) {
				$this->seen[ $stored->digest() ] = true;
			}
		}
		return $data;
	}

	/**
	 * Notes what was decided, now that the post has a number.
	 *
	 * @param int           $id   The number.
	 * @param \WP_Post|null $post The post; some plug-ins announce one by its number alone.
	 */
	public function after_insert( $id, $post = null ): void {
		$id   = (int) $id;
		$post = $post ?? get_post( $id );
		if ( ! $post instanceof \WP_Post || ! $this->waiting || 'revision' === $post->post_type ) {
			return;
		}
		$digest = Entry::post( $post->to_array(), $id )->text_digest();
		foreach ( array_reverse( array_keys( $this->waiting ) ) as $key ) {
			$note = $this->waiting[ $key ];
			// One that is new is known by its text.
			if ( $note['id'] ? $note['id'] === $id : ( $note['type'] === $post->post_type && $note['digest'] === $digest ) ) {
				unset( $this->waiting[ $key ] );
				$this->note( $id, $note['row'], $note['original'] );
				return;
			}
		}
	}

	/**
	 * Refuses a post that comes by REST, where its sender sees why and still has the text.
	 *
	 * @param \stdClass|\WP_Error $prepared Its columns, those that were sent.
	 * @param \WP_REST_Request    $request  The request.
	 */
	public function before_rest( $prepared, $request ) {
		// The editor's own copy of an unfinished text is never refused.
		if ( is_wp_error( $prepared ) || false !== strpos( $request->get_route(), '/autosaves' ) ) {
			return $prepared;
		}
		$given = (array) $prepared;
		$id    = (int) ( $given['ID'] ?? 0 );
		$post  = $id ? get_post( $id, ARRAY_A ) : null;
		$data  = array_merge( $post ? $post : array( 'post_status' => 'draft', 'post_type' => '' ), $given );
		if ( ! self::is_guarded( (string) $data['post_type'], (string) $data['post_status'] ) ) {
			return $prepared;
		}
		$decision = $this->judge->decide( Entry::post( $data, $id ) );
		if ( 'reject' !== $decision->outcome ) {
			return $prepared;
		}
		Tally::add( 'refused' );
		return self::refusal( $decision );
	}

	/**
	 * Decides about a scheduled post in the moment it is due: the verdict may have been missing, or be another by now.
	 *
	 * @param int $id The number.
	 */
	public function before_scheduled( $id ): void {
		$post = get_post( $id );
		if ( ! $post || 'future' !== $post->post_status || ! self::is_guarded( $post->post_type, 'publish' ) ) {
			return;
		}
		if ( strtotime( $post->post_date_gmt . ' GMT' ) > time() ) {
			return;
		}
		// Storing it again brings it by before_insert(), which sees to everything; WordPress publishes it since it is due.
		$this->save( array( 'ID' => $post->ID ) );
	}

	/**
	 * Holds a post that some code has published past all filters.
	 *
	 * @param string   $new  Its status now.
	 * @param string   $old  Its status before.
	 * @param \WP_Post $post The post.
	 */
	public function after_transition( $new, $old, $post ): void {
		if ( 'publish' !== $new || 'publish' === $old || ! self::is_guarded( $post->post_type, $new ) ) {
			return;
		}
		$entry = Entry::post( $post->to_array(), $post->ID );
		if ( isset( $this->seen[ $entry->digest() ] ) ) {
			return;
		}
		$decision = $this->judge->decide( $entry );
		if ( 'pass' === $decision->outcome ) {
			$this->note( $post->ID, $decision->is_unchecked() ? Record::of( 'unchecked', $decision, $new ) : null, null );
			return;
		}
		global $wpdb;
		$wpdb->update( $wpdb->posts, array( 'post_status' => 'pending' ), array( 'ID' => $post->ID ) );
		clean_post_cache( $post->ID );
		$this->note( $post->ID, Record::of( $decision->is_unchecked() ? 'unchecked' : 'held', $decision, $new ), null );
	}

	/**
	 * Stores a post anew, as it is but for some columns.
	 *
	 * @param array $columns ID, and what changes, unslashed.
	 * @param bool  $is_open Whether its text passes unseen.
	 * @return int|\WP_Error
	 */
	public function save( array $columns, bool $is_open = false ) {
		$this->saving = array( 'id' => (int) $columns['ID'], 'columns' => $columns, 'is_open' => $is_open );
		try {
			return wp_update_post( wp_slash( $columns ), true );
		} finally {
			$this->saving = null;
			$this->own    = null;
		}
	}

	/**
	 * Whether posts of a type are looked at in a status.
	 *
	 * @param string $type   The type.
	 * @param string $status The status.
	 */
	public static function is_guarded( string $type, string $status ): bool {
		if ( in_array( $status, array( 'auto-draft', 'inherit', 'trash' ), true ) || ( 'draft' === $status && ! Settings::get( 'drafts' ) ) ) {
			return false;
		}
		return in_array( $type, Settings::types(), true );
	}

	/**
	 * What a client of REST is told: status 422, where it was found (masked), and why.
	 *
	 * @param Decision $decision What was decided.
	 */
	public static function refusal( Decision $decision ): \WP_Error {
		$said = array();
		foreach ( $decision->verdict->findings as $finding ) {
			$said[] = Words::finding( $finding );
		}
		/* translators: %s: what was found, masked */
		$message = sprintf( __( 'Not stored: this text was taken for injected spam. Found: %s', 'moderation' ), implode( '; ', $said ) );
		return new \WP_Error( 'moderation_rejected', $message, array( 'status' => 422, 'findings' => $decision->verdict->findings ) );
	}

	/**
	 * Its columns with the cleaned texts, slashed.
	 *
	 * @param array                 $data    Its columns, slashed.
	 * @param int                   $id      Its number, or 0.
	 * @param Entry                 $entry   What was written.
	 * @param array<string, string> $cleaned Its fields.
	 * @param bool                  $is_own  Whether save() stores it.
	 */
	private static function cleaned( array $data, int $id, Entry $entry, array $cleaned, bool $is_own ): array {
		foreach ( self::COLUMNS as $name => $column ) {
			if ( $cleaned[ $name ] !== $entry->fields[ $name ] ) {
				$cleaned[ $name ] = self::filtered( $cleaned[ $name ], $entry->fields[ $name ], 'title' === $name ? 'data' : 'post', $is_own );
				$data[ $column ]  = wp_slash( 'html' === $name ? $cleaned[ $name ] : trim( $cleaned[ $name ] ) );
			}
		}
		// An address made of the title would keep what was cut from it.
		if ( $cleaned['title'] !== $entry->fields['title'] && Entry::is_made_of( (string) $data['post_name'], $entry->fields['title'] ) ) {
			$data['post_name'] = wp_unique_post_slug(
				sanitize_title( $cleaned['title'] ), $id, $data['post_status'], $data['post_type'], (int) $data['post_parent']
			);
		}
		return $data;
	}

	/**
	 * A text without markup that its writer may not use: a cut may join to a tag what was none when WordPress looked at it.
	 *
	 * @param string $text    Cleaned.
	 * @param string $before  As it came.
	 * @param string $context What may stand in it, as wp_kses() names it.
	 * @param bool   $is_own  Whether save() stores it, whose writer may be another than who is here.
	 */
	public static function filtered( string $text, string $before, string $context, bool $is_own = false ): string {
		// As the schedule stores a text, nothing is filtered; one that was filtered once stays so.
		$is_filtered = ( ! $is_own && false !== has_filter( 'content_save_pre', 'wp_filter_post_kses' ) ) || wp_kses( $before, $context ) === $before;
		return $is_filtered ? wp_kses( $text, $context ) : $text;
	}

	/**
	 * Notes what became of a text.
	 *
	 * @param int        $id       The post.
	 * @param array|null $row      The record; null where nothing was wrong.
	 * @param array|null $original The text before it was cleaned.
	 */
	private function note( int $id, ?array $row, ?array $original ): void {
		if ( $original ) {
			Record::keep_original( 'post', $id, $original );
		}
		$known = Record::get( 'post', $id );
		if ( $row ) {
			// One that is held and stored once more is still meant to be what it was.
			if ( 'pending' === $row['meant'] && $known && '' !== $known['meant'] ) {
				$row['meant'] = $known['meant'];
			}
			Record::set( 'post', $id, $row );
			Tally::add( $row['state'], $known );
			return;
		}
		// That something was cut stays to be told when the rest is stored once more.
		if ( $known && 'cleaned' !== $known['state'] ) {
			Record::forget( 'post', $id );
		}
	}
}
