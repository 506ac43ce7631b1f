<?php
/**
 * The doors of what stands beside posts.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * Guards texts that readers or search engines see and that are no post and no comment: titles and descriptions that other
 * plug-ins keep for search engines, the texts of pictures, tags, names and biographies of users, the name of the site. Nobody
 * is trusted more than with posts. None of them can wait: what was found is cut; where nothing would be left, or it is in
 * doubt, what stood there stays. What was sent is kept by Refused.
 */
final class Fields {

	/** What a text is: a title, a description, what stands for a picture. */
	const TITLE = 'title';
	const TEXT  = 'text';
	const ALT   = 'alt';

	/** Fields of posts, by their keys: of WordPress, Yoast, Rank Math, AIOSEO (now and before), SEOPress. Terms have some too. */
	const KEYS = array(
		'_wp_attachment_image_alt'             => self::ALT,
		'_yoast_wpseo_title'                   => self::TITLE,
		'_yoast_wpseo_metadesc'                => self::TEXT,
		'_yoast_wpseo_bctitle'                 => self::TITLE,
		'_yoast_wpseo_opengraph-title'         => self::TITLE,
		'_yoast_wpseo_opengraph-description'   => self::TEXT,
		'_yoast_wpseo_twitter-title'           => self::TITLE,
		'_yoast_wpseo_twitter-description'     => self::TEXT,
		'rank_math_title'                      => self::TITLE,
		'rank_math_description'                => self::TEXT,
		'rank_math_facebook_title'             => self::TITLE,
		'rank_math_facebook_description'       => self::TEXT,
		'rank_math_twitter_title'              => self::TITLE,
		'rank_math_twitter_description'        => self::TEXT,
		'_aioseo_title'                        => self::TITLE,
		'_aioseo_description'                  => self::TEXT,
		'_aioseo_keywords'                     => self::TEXT,
		'_aioseo_og_title'                     => self::TITLE,
		'_aioseo_og_description'               => self::TEXT,
		'_aioseo_twitter_title'                => self::TITLE,
		'_aioseo_twitter_description'          => self::TEXT,
		'_aioseop_title'                       => self::TITLE,
		'_aioseop_description'                 => self::TEXT,
		'_aioseop_keywords'                    => self::TEXT,
		'_seopress_titles_title'               => self::TITLE,
		'_seopress_titles_desc'                => self::TEXT,
		'_seopress_social_fb_title'            => self::TITLE,
		'_seopress_social_fb_desc'             => self::TEXT,
		'_seopress_social_twitter_title'       => self::TITLE,
		'_seopress_social_twitter_desc'        => self::TEXT,
	);

	/** Fields of users. */
	const OF_USERS = array(
		'nickname'    => 'title',
		'first_name'  => 'title',
		'last_name'   => 'title',
		'description' => 'html',
	);

	/** Columns of a term for the fields of an entry. */
	const OF_TERMS = array(
		'title' => 'name',
		'html'  => 'description',
		'slug'  => 'slug',
	);

	/** Types of posts that hold a sheet: what its rules say stands on every page. */
	const SHEETS = array( 'wp_global_styles', 'custom_css' );

	/** Settings that every page shows. */
	const OPTIONS = array( 'blogname', 'blogdescription' );

	/** @var Judge */
	private $judge;

	/** @var array<string, string> What is being stored by this class itself, by its place. */
	private $own = array();

	/** @var array<int, array<string, mixed>> Terms as they were before the change that is on its way. */
	private $before = array();

	/** @var string[] Rows about attachments and sheets that have no number yet. */
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
		if ( ! Settings::get( 'fields' ) ) {
			return;
		}
		foreach ( array( 'post', 'term', 'user', 'comment' ) as $type ) {
			$guard = function ( $check, $id, $key, $value ) use ( $type ) {
				return null === $check ? $this->before_meta( $type, (int) $id, (string) $key, $value ) : $check;
			};
			add_filter( "add_{$type}_metadata", $guard, PHP_INT_MAX, 4 );
			add_filter( "update_{$type}_metadata", $guard, PHP_INT_MAX, 4 );
			add_filter(
				"update_{$type}_metadata_by_mid",
				function ( $check, $number, $value, $key ) use ( $type ) {
					$meta = null === $check ? get_metadata_by_mid( $type, $number ) : false;
					if ( ! $meta ) {
						return $check;
					}
					$id = (int) $meta->{ "{$type}_id" };
					return $this->before_meta( $type, $id, (string) ( false === $key ? $meta->meta_key : $key ), $value );
				},
				PHP_INT_MAX,
				4
			);
		}
		add_filter( 'wp_insert_attachment_data', array( $this, 'before_attachment' ), PHP_INT_MAX, 2 );
		add_action( 'add_attachment', array( $this, 'after_attachment' ) );
		add_filter( 'wp_insert_post_data', array( $this, 'before_sheet' ), PHP_INT_MAX, 2 );
		foreach ( self::SHEETS as $type ) {
			add_action( "save_post_$type", array( $this, 'after_attachment' ) );
		}
		add_filter( 'pre_insert_term', array( $this, 'before_term' ), PHP_INT_MAX, 3 );
		add_action( 'created_term', array( $this, 'after_term' ), 1, 3 );
		add_action( 'edit_terms', array( $this, 'before_edit' ), 1 );
		add_action( 'edited_term', array( $this, 'after_term' ), 1, 3 );
		add_filter( 'pre_post_tags_input', array( $this, 'before_tags' ) );
		add_filter( 'pre_post_tax_input', array( $this, 'before_tax_input' ) );
		add_filter( 'wp_pre_insert_user_data', array( $this, 'before_user' ), PHP_INT_MAX, 3 );
		foreach ( self::OPTIONS as $option ) {
			add_filter( "pre_update_option_$option", array( $this, 'before_option' ), PHP_INT_MAX, 3 );
		}
	}

	/**
	 * What a text beside a post is, or nothing where it is not guarded.
	 *
	 * @param string $key Of the field.
	 */
	public static function kind( string $key ): string {
		return self::KEYS[ $key ] ?? '';
	}

	/**
	 * A field, as people are told it.
	 *
	 * @param string $key Of the field, or another name of Refused.
	 */
	public static function name( string $key ): string {
		$names = array(
			self::TITLE => __( 'title for search engines', 'moderation' ),
			self::TEXT  => __( 'description for search engines', 'moderation' ),
			self::ALT   => __( 'alternative text', 'moderation' ),
		);
		return $names[ self::kind( $key ) ] ?? $key;
	}

	/**
	 * What is stored beside a post and judged with it: not what a person has called no spam.
	 *
	 * @param int $id The post.
	 * @return array<string, string> By key.
	 */
	public static function beside( int $id ): array {
		$found = array();
		$all   = Settings::get( 'fields' ) ? get_post_meta( $id ) : array();
		foreach ( is_array( $all ) ? array_intersect_key( $all, self::KEYS ) : array() as $key => $values ) {
			$text = is_string( $values[0] ?? null ) ? $values[0] : '';
			if ( '' !== trim( $text ) && ! self::is_allowed( 'post', $key, $text ) ) {
				$found[ $key ] = $text;
			}
		}
		return $found;
	}

	/**
	 * Decides about a field of a post, a term, a user or a comment that is stored by itself.
	 *
	 * @param string $type  post, term, user or comment.
	 * @param int    $id    Whose it is.
	 * @param string $key   Of the field.
	 * @param mixed  $value What is to be stored, unslashed.
	 * @return bool|null Null where it may be; true where it was seen to.
	 */
	private function before_meta( string $type, int $id, string $key, $value ) {
		$name = self::name_in_entry( $type, $key );
		if ( '' === $name || ! is_string( $value ) || ( 'comment' === $type && self::is_code( $value ) ) || '' === trim( $value ) || ( $this->own[ "$type $id $key" ] ?? null ) === $value ) {
			return null;
		}
		$now = (string) get_metadata( $type, $id, $key, true );
		if ( $now === $value || self::is_allowed( $type, $key, $value ) ) {
			return null;
		}
		$entry = $this->entry( $type, $id, $key, $name, $value );
		if ( ! $entry ) {
			return null;
		}
		$decision = $this->judge->decide( $entry );
		if ( 'pass' === $decision->outcome ) {
			if ( 'post' === $type && $decision->is_unchecked() && ! Record::get( 'post', $id ) ) {
				Record::set( 'post', $id, Record::of( 'unchecked', $decision, (string) get_post_status( $id ) ) );
			}
			return null;
		}
		if ( $decision->verdict && ! self::is_found( $decision, $name ) ) {
			// It is in the post, which is decided about when that is stored.
			return null;
		}
		// What another plug-in keeps beside a comment may be written in a way that a cut would break.
		$left = 'comment' === $type ? null : $this->cut( $decision, $name );
		if ( null !== $left ) {
			$this->own[ "$type $id $key" ] = $left;
			try {
				update_metadata( $type, $id, $key, wp_slash( $left ) );
			} finally {
				unset( $this->own[ "$type $id $key" ] );
			}
		}
		$about = array( 'what' => 'meta', 'type' => $type, 'id' => $id, 'name' => $key, 'is_cut' => null !== $left );
		Refused::keep( $about + array( 'fields' => array( $name => $value ), 'now' => array( $name => $left ?? $now ) ), $decision );
		return true;
	}

	/**
	 * A field among what it belongs to; null where that is not guarded.
	 *
	 * @param string $type  post, term or user.
	 * @param int    $id    Whose it is.
	 * @param string $key   Of the field.
	 * @param string $name  In the entry.
	 * @param string $value What it is to say.
	 */
	private function entry( string $type, int $id, string $key, string $name, string $value ): ?Entry {
		if ( 'user' === $type ) {
			return new Entry( array( $name => $value ), get_author_posts_url( $id ) );
		}
		if ( 'comment' === $type ) {
			$comment = get_comment( $id );
			return $comment ? new Entry( array( $name => $value ), get_permalink( (int) $comment->comment_post_ID ) ) : null;
		}
		if ( 'term' === $type ) {
			$term = get_term( $id );
			return $term instanceof \WP_Term ? new Entry( array( 'title' => $term->name, $name => $value ), home_url( '/' ) ) : null;
		}
		$post = get_post( $id );
		if ( ! $post || ! ( 'attachment' === $post->post_type || Posts::is_guarded( $post->post_type, $post->post_status ) ) ) {
			return null;
		}
		return Entry::post( array( 'post_name' => '' ) + $post->to_array(), $id, array( $key => $value ) );
	}

	/**
	 * How a field beside something is called in an entry; nothing where it is not guarded. Beside comments any plug-in may
	 * keep what its theme shows, under a key of its own; keys that begin with an underscore are shown nowhere.
	 *
	 * @param string $type post, term, user or comment.
	 * @param string $key  Of the field.
	 */
	private static function name_in_entry( string $type, string $key ): string {
		if ( 'user' === $type ) {
			return self::OF_USERS[ $key ] ?? '';
		}
		if ( 'comment' === $type ) {
			return is_protected_meta( $key, 'comment' ) ? '' : 'html';
		}
		return isset( self::KEYS[ $key ] ) ? Entry::BESIDE . $key : '';
	}

	/**
	 * Whether a value is likely none that people read: numbers, dates, keys, addresses. Nothing but ASCII is in them.
	 *
	 * @param string $value What is to be stored.
	 */
	private static function is_code( string $value ): bool {
		return 1 !== preg_match( '/[^\x00-\x7f]/', $value );
	}

	/**
	 * Decides about global styles and the Customizer's CSS: `content` of a rule stands on every page. A sheet is not cut: what
	 * stood there stays; of a new one nothing that says something.
	 *
	 * @param array $data    Its columns, slashed.
	 * @param array $postarr What was given, with the number if it has one.
	 */
	public function before_sheet( $data, $postarr ) {
		if ( ! is_array( $data ) || ! in_array( $data['post_type'], self::SHEETS, true ) || 'trash' === $data['post_status'] ) {
			return $data;
		}
		$id   = (int) ( $postarr['ID'] ?? 0 );
		$old  = $id ? get_post( $id ) : null;
		$sent = wp_unslash( $data['post_content'] );
		$now  = $old instanceof \WP_Post ? $old->post_content : ( 'custom_css' === $data['post_type'] ? '' : '{}' );
		$html = self::sheet( $sent );
		if ( self::is_code( $html ) || self::sheet( $now ) === $html ) {
			return $data;
		}
		$decision = $this->judge->decide( new Entry( array( 'html' => $html ), home_url( '/' ) ) );
		if ( 'pass' === $decision->outcome ) {
			return $data;
		}
		$about = array( 'what' => 'sheet', 'id' => $id, 'name' => $data['post_type'], 'is_cut' => false );
		$kept  = Refused::keep( $about + array( 'fields' => array( 'html' => $sent ), 'now' => array( 'html' => $now ) ), $decision );
		if ( ! $id ) {
			$this->waiting[] = $kept;
		}
		$data['post_content'] = wp_slash( $now );
		return $data;
	}

	/**
	 * A sheet as a page has it. Global styles are JSON: CSS of the site, of blocks and their variations, and values that CSS
	 * may show by `var()`.
	 *
	 * @param string $content Of the post.
	 */
	private static function sheet( string $content ): string {
		$given = json_decode( $content, true );
		if ( ! is_array( $given ) ) {
			return "<style>$content</style>";
		}
		$css    = '';
		$others = '';
		array_walk_recursive(
			$given,
			static function ( $value, $key ) use ( &$css, &$others ) {
				if ( 'css' === $key && is_string( $value ) ) {
					$css .= "$value\n";
				} elseif ( is_string( $value ) && ! self::is_code( $value ) ) {
					$others .= '<p>' . esc_html( $value ) . "</p>\n";
				}
			}
		);
		// A block's CSS is nested in its selector.
		return '<style>' . str_replace( '&', '', $css ) . "</style>\n$others";
	}

	/**
	 * Decides about the texts of a picture or another attachment, which is shown whatever its status.
	 *
	 * @param array $data    Its columns, slashed.
	 * @param array $postarr What was given, with the number if it has one.
	 */
	public function before_attachment( $data, $postarr ) {
		if ( ! is_array( $data ) || 'trash' === $data['post_status'] ) {
			return $data;
		}
		$id   = (int) ( $postarr['ID'] ?? 0 );
		$old  = $id ? get_post( $id, ARRAY_A ) : null;
		$old  = $old ? $old : array();
		$new  = wp_unslash( $data );
		$sent = Entry::post( array( 'post_name' => '' ) + $new, $id );
		if ( $old && Entry::post( $old, $id )->text_digest() === $sent->text_digest() ) {
			return $data;
		}
		$decision = $this->judge->decide( $sent );
		if ( 'pass' === $decision->outcome ) {
			return $data;
		}
		$fields = array();
		$now    = array();
		$is_cut = false;
		foreach ( Posts::COLUMNS as $name => $column ) {
			$text = $sent->fields[ $name ];
			if ( '' === trim( $text ) || ( $decision->verdict && ! self::is_found( $decision, $name ) ) ) {
				continue;
			}
			$left            = $this->cut( $decision, $name );
			$is_cut          = $is_cut || null !== $left;
			$fields[ $name ] = $text;
			$now[ $name ]    = null === $left ? (string) ( $old[ $column ] ?? '' ) : Posts::filtered( $left, $text, 'title' === $name ? 'data' : 'post' );
			$data[ $column ] = wp_slash( $now[ $name ] );
		}
		if ( isset( $now['title'] ) && Entry::is_made_of( (string) $data['post_name'], $fields['title'] ) ) {
			$slug              = sanitize_title( '' === $now['title'] ? 'attachment' : $now['title'] );
			$data['post_name'] = wp_unique_post_slug( $slug, $id, $data['post_status'], 'attachment', (int) $data['post_parent'] );
		}
		if ( $fields ) {
			$kept = Refused::keep( array( 'what' => 'attachment', 'id' => $id, 'name' => '' ) + compact( 'fields', 'now', 'is_cut' ), $decision );
			if ( ! $id ) {
				$this->waiting[] = $kept;
			}
		}
		return $data;
	}

	/**
	 * Says whose the texts are, now that the attachment or the sheet has a number.
	 *
	 * @param int $id The number.
	 */
	public function after_attachment( $id ): void {
		foreach ( $this->waiting as $name ) {
			Refused::belongs( $name, (int) $id );
		}
		$this->waiting = array();
	}

	/**
	 * Decides about a term before there is one: its name is cut, or refused.
	 *
	 * @param string|\WP_Error $name     Slashed.
	 * @param string           $taxonomy Its taxonomy.
	 * @param array|string     $args     description, slug and others, slashed.
	 */
	public function before_term( $name, $taxonomy, $args = array() ) {
		if ( ! is_string( $name ) || ! self::is_shown( $taxonomy ) ) {
			return $name;
		}
		$sent     = wp_unslash( $name );
		$args     = wp_parse_args( $args );
		$entry    = self::term( $sent, (string) wp_unslash( $args['description'] ?? '' ), (string) ( $args['slug'] ?? '' ) );
		$decision = $this->judge->decide( $entry );
		if ( 'pass' === $decision->outcome || ( $decision->verdict && ! self::is_found( $decision, 'title' ) && ! self::is_found( $decision, 'slug' ) ) ) {
			// What was found in its description is cut as soon as the term is there.
			return $name;
		}
		$left = self::is_found( $decision, 'slug' ) ? null : $this->cut( $decision, 'title' );
		$about = array( 'what' => 'new_term', 'id' => 0, 'name' => $taxonomy, 'is_cut' => null !== $left );
		Refused::keep( $about + array( 'fields' => $entry->fields, 'now' => array( 'title' => $left ?? '' ) ), $decision );
		if ( null !== $left ) {
			return wp_slash( $left );
		}
		return $decision->verdict ? Posts::refusal( $decision ) : new \WP_Error( 'moderation_unchecked', Words::why( $decision->why ), array( 'status' => 503 ) );
	}

	/**
	 * Remembers a term as it was.
	 *
	 * @param int $id The term.
	 */
	public function before_edit( $id ): void {
		$term = get_term( (int) $id );
		if ( $term instanceof \WP_Term ) {
			$this->before[ (int) $id ] = array( 'title' => $term->name, 'html' => $term->description, 'slug' => $term->slug );
		}
	}

	/**
	 * Decides about a term that was stored: no filter sees its description with its number.
	 *
	 * @param int    $id       The term.
	 * @param int    $number   Its number in the taxonomy.
	 * @param string $taxonomy The taxonomy.
	 */
	public function after_term( $id, $number, $taxonomy ): void {
		$before = $this->before[ (int) $id ] ?? array( 'title' => '', 'html' => '', 'slug' => '' );
		unset( $this->before[ (int) $id ] );
		$term = get_term( (int) $id, $taxonomy );
		if ( ! $term instanceof \WP_Term || ! self::is_shown( $taxonomy ) ) {
			return;
		}
		$sent = array( 'title' => $term->name, 'html' => $term->description, 'slug' => $term->slug );
		if ( $before === $sent ) {
			return;
		}
		$decision = $this->judge->decide( self::term( $sent['title'], $sent['html'], $sent['slug'] ) );
		if ( 'pass' === $decision->outcome ) {
			return;
		}
		$now    = $sent;
		$is_cut = false;
		foreach ( array_keys( $sent ) as $name ) {
			// A term that is new passed before_term(), by its name.
			$is_new = '' === $before['title'] && 'html' !== $name;
			if ( ! $is_new && ( ! $decision->verdict || self::is_found( $decision, $name ) ) ) {
				$left         = $this->cut( $decision, $name );
				$is_cut       = $is_cut || null !== $left;
				$now[ $name ] = $left ?? $before[ $name ];
			}
		}
		if ( $now['title'] !== $sent['title'] && Entry::is_made_of( $sent['slug'], $sent['title'] ) ) {
			$now['slug'] = $before['slug'];
		}
		if ( $now === $sent ) {
			return;
		}
		global $wpdb;
		$wpdb->update( $wpdb->terms, array( 'name' => $now['title'], 'slug' => $now['slug'] ), array( 'term_id' => $term->term_id ) );
		$wpdb->update( $wpdb->term_taxonomy, array( 'description' => $now['html'] ), array( 'term_taxonomy_id' => $number ) );
		clean_term_cache( $term->term_id, $taxonomy );
		$fields = array_diff_assoc( $sent, $now );
		$now    = array_intersect_key( $now, $fields );
		Refused::keep( array( 'what' => 'term', 'id' => $term->term_id, 'name' => $taxonomy ) + compact( 'fields', 'now', 'is_cut' ), $decision );
	}

	/**
	 * Takes tags that will be refused out of what is given to a post: one of them would keep it from all the others.
	 *
	 * @param mixed $tags Names, in a list or with commas; slashed.
	 */
	public function before_tags( $tags ) {
		return $this->without_refused( $tags, 'post_tag' );
	}

	/**
	 * The same for other taxonomies.
	 *
	 * @param mixed $given Names or numbers, by taxonomy; slashed.
	 */
	public function before_tax_input( $given ) {
		foreach ( is_array( $given ) ? $given : array() as $taxonomy => $names ) {
			$given[ $taxonomy ] = $this->without_refused( $names, (string) $taxonomy );
		}
		return $given;
	}

	/**
	 * Names of terms without those that are new and refused.
	 *
	 * @param mixed  $names    See before_tags().
	 * @param string $taxonomy Theirs.
	 */
	private function without_refused( $names, string $taxonomy ) {
		if ( ! taxonomy_exists( $taxonomy ) || ! ( is_string( $names ) || is_array( $names ) ) ) {
			return $names;
		}
		$kept = array();
		foreach ( is_string( $names ) ? explode( ',', $names ) : $names as $key => $name ) {
			$is_new = is_string( $name ) && '' !== trim( $name ) && ! ctype_digit( $name ) && ! term_exists( trim( $name ), $taxonomy );
			if ( ! $is_new || ! is_wp_error( $this->before_term( trim( $name ), $taxonomy ) ) ) {
				$kept[ $key ] = $name;
			}
		}
		return is_string( $names ) ? implode( ',', $kept ) : $kept;
	}

	/**
	 * Decides about the name that a user is shown by.
	 *
	 * @param array    $data      Columns of a user, unslashed.
	 * @param bool     $is_update Whether there is one already.
	 * @param int|null $id        The user.
	 */
	public function before_user( $data, $is_update, $id ) {
		$name = is_array( $data ) ? (string) ( $data['display_name'] ?? '' ) : '';
		$user = $is_update ? get_userdata( (int) $id ) : false;
		$now  = $user ? $user->display_name : '';
		if ( '' === trim( $name ) || $name === $now ) {
			return $data;
		}
		$decision = $this->judge->decide( new Entry( array( 'title' => $name ), home_url( '/' ) ) );
		if ( 'pass' === $decision->outcome ) {
			return $data;
		}
		$left = $this->cut( $decision, 'title' );
		$what = $left ?? ( '' === $now ? __( 'User', 'moderation' ) : $now );
		// A user that is new has no number: who may change users finds it by its name.
		$slug  = (string) ( $data['user_nicename'] ?? ( $user ? $user->user_nicename : '' ) );
		$about = array( 'what' => 'display_name', 'id' => (int) $id, 'name' => $slug, 'is_cut' => null !== $left );
		Refused::keep( $about + array( 'fields' => array( 'title' => $name ), 'now' => array( 'title' => $what ) ), $decision );
		return array( 'display_name' => $what ) + $data;
	}

	/**
	 * Decides about the name or the tagline of the site.
	 *
	 * @param mixed  $value  As it is to be.
	 * @param mixed  $now    As it is.
	 * @param string $option Which.
	 */
	public function before_option( $value, $now, $option ) {
		if ( ! is_string( $value ) || '' === trim( $value ) || $value === $now ) {
			return $value;
		}
		// WordPress stores it as it stands in markup.
		$text     = wp_specialchars_decode( $value, ENT_QUOTES );
		$decision = $this->judge->decide( new Entry( array( 'title' => $text ), home_url( '/' ) ) );
		if ( 'pass' === $decision->outcome ) {
			return $value;
		}
		$left = $this->cut( $decision, 'title' );
		$about = array( 'what' => 'option', 'id' => 0, 'name' => $option, 'is_cut' => null !== $left );
		$old   = wp_specialchars_decode( (string) $now, ENT_QUOTES );
		Refused::keep( $about + array( 'fields' => array( 'title' => $text ), 'now' => array( 'title' => $left ?? $old ) ), $decision );
		return null === $left ? $now : esc_html( $left );
	}

	/**
	 * Stores a text that was refused, since somebody has said that it is no spam: it passes from now on.
	 *
	 * @param array $row Of Refused.
	 * @return string Why it was not stored, or nothing.
	 */
	public function put( array $row ): string {
		$sent = $row['fields'];
		if ( self::stored( $row ) !== $row['now'] ) {
			return __( 'What stands there has changed since, or is there no more. Nothing was changed.', 'moderation' );
		}
		Judge::allow( self::judged( $row ) );
		$done = null;
		switch ( $row['what'] ) {
			case 'meta':
				update_metadata( $row['type'], $row['id'], $row['name'], wp_slash( reset( $sent ) ) );
				break;
			case 'attachment':
				$columns = array( 'ID' => $row['id'] );
				foreach ( $sent as $name => $text ) {
					$columns[ Posts::COLUMNS[ $name ] ] = $text;
				}
				$done = wp_update_post( wp_slash( $columns ), true );
				break;
			case 'sheet':
				$done = wp_update_post( wp_slash( array( 'ID' => $row['id'], 'post_content' => $sent['html'] ) ), true );
				break;
			case 'new_term':
				$done = wp_insert_term( wp_slash( $sent['title'] ), $row['name'], array( 'description' => wp_slash( $sent['html'] ?? '' ) ) );
				break;
			case 'term':
				$columns = array();
				foreach ( $sent as $name => $text ) {
					$columns[ self::OF_TERMS[ $name ] ] = $text;
				}
				$done = wp_update_term( $row['id'], $row['name'], wp_slash( $columns ) );
				break;
			case 'display_name':
				$done = wp_update_user( array( 'ID' => self::user( $row )->ID, 'display_name' => $sent['title'] ) );
				break;
			default:
				update_option( $row['name'], $sent['title'] );
		}
		return is_wp_error( $done ) ? $done->get_error_message() : '';
	}

	/**
	 * What was judged, with what else stands there now.
	 *
	 * @param array $row Of Refused.
	 */
	public static function judged( array $row ): Entry {
		$sent = $row['fields'];
		switch ( $row['what'] ) {
			case 'meta':
				return self::field( $row['type'], $row['name'], (string) reset( $sent ) );
			case 'attachment':
				$columns = array( 'post_name' => '' );
				foreach ( $sent as $name => $text ) {
					$columns[ Posts::COLUMNS[ $name ] ] = $text;
				}
				return Entry::post( $columns + (array) get_post( $row['id'], ARRAY_A ), $row['id'] );
			case 'sheet':
				return new Entry( array( 'html' => self::sheet( $sent['html'] ) ), home_url( '/' ) );
			case 'new_term':
				return self::term( $sent['title'], $sent['html'] ?? '', '' );
			case 'term':
				$term = get_term( $row['id'], $row['name'] );
				foreach ( $term instanceof \WP_Term ? self::OF_TERMS : array() as $name => $column ) {
					$sent += array( $name => $term->$column );
				}
				return self::term( $sent['title'] ?? '', $sent['html'] ?? '', $sent['slug'] ?? '' );
			default:
				return new Entry( $sent, home_url( '/' ) );
		}
	}

	/**
	 * What stands now where a text was to stand.
	 *
	 * @param array $row Of Refused.
	 * @return array<string, string>|null The fields that were refused; null where there is nothing that they could belong to.
	 */
	private static function stored( array $row ): ?array {
		$found = array();
		$term  = 'term' === $row['what'] ? get_term( $row['id'], $row['name'] ) : null;
		$post  = 'attachment' === $row['what'] ? get_post( $row['id'] ) : null;
		$sheet = 'sheet' === $row['what'] ? get_post( $row['id'] ) : null;
		$user  = 'display_name' === $row['what'] ? self::user( $row ) : null;
		foreach ( array_keys( $row['now'] ) as $name ) {
			if ( 'meta' === $row['what'] ) {
				$found[ $name ] = (string) get_metadata( $row['type'], $row['id'], $row['name'], true );
			} elseif ( 'option' === $row['what'] ) {
				$found[ $name ] = wp_specialchars_decode( (string) get_option( $row['name'] ), ENT_QUOTES );
			} elseif ( 'new_term' === $row['what'] ) {
				$found[ $name ] = $row['now'][ $name ];
			} elseif ( $sheet instanceof \WP_Post ) {
				$found[ $name ] = $sheet->post_content;
			} elseif ( $post ) {
				$found[ $name ] = $post->{ Posts::COLUMNS[ $name ] };
			} elseif ( $term instanceof \WP_Term ) {
				$found[ $name ] = $term->{ self::OF_TERMS[ $name ] };
			} elseif ( $user ) {
				$found[ $name ] = $user->display_name;
			} else {
				return null;
			}
		}
		return $found;
	}

	/**
	 * The user that a name is of.
	 *
	 * @param array $row Of Refused.
	 */
	public static function user( array $row ): ?\WP_User {
		$user = $row['id'] ? get_userdata( $row['id'] ) : get_user_by( 'slug', $row['name'] );
		return $user ? $user : null;
	}

	/**
	 * A field by itself: what a person has called no spam is known by this.
	 *
	 * @param string $type post, term, user or comment.
	 * @param string $key  Of the field.
	 * @param string $text What it says.
	 */
	private static function field( string $type, string $key, string $text ): Entry {
		return new Entry( array( self::name_in_entry( $type, $key ) => $text ), home_url( '/' ) );
	}

	/**
	 * Whether a person has called a field no spam.
	 *
	 * @param string $type post, term or user.
	 * @param string $key  Of the field.
	 * @param string $text What it says.
	 */
	private static function is_allowed( string $type, string $key, string $text ): bool {
		return Judge::is_allowed( self::field( $type, $key, $text )->digest() );
	}

	/**
	 * A term.
	 *
	 * @param string $name        Of it.
	 * @param string $description Of it.
	 * @param string $slug        The last part of its address; told apart where somebody has chosen it.
	 */
	private static function term( string $name, string $description, string $slug ): Entry {
		return Entry::post( array( 'post_title' => $name, 'post_content' => $description, 'post_name' => $slug ) );
	}

	/**
	 * Whether visitors see the terms of a taxonomy.
	 *
	 * @param string $taxonomy Its name.
	 */
	private static function is_shown( $taxonomy ): bool {
		$found = get_taxonomy( (string) $taxonomy );
		return $found && $found->public;
	}

	/**
	 * Whether something was found in a field; what is said of no field is said of all.
	 *
	 * @param Decision $decision With a verdict or without.
	 * @param string   $name     Of the field.
	 */
	private static function is_found( Decision $decision, string $name ): bool {
		$places = $decision->verdict ? $decision->verdict->places : array();
		return ! $places || in_array( $name, $places, true );
	}

	/**
	 * A field without what was found; null where it may not be cut, or where nothing would be left.
	 *
	 * @param Decision $decision What was decided.
	 * @param string   $name     Of the field.
	 */
	private function cut( Decision $decision, string $name ): ?string {
		$verdict = $decision->verdict;
		if ( ! $verdict || 'clean' !== $verdict->action || 'clean' !== Settings::get( 'on_clean' ) || ! self::is_found( $decision, $name ) ) {
			return null;
		}
		$left = trim( $verdict->cleaned[ $name ] ?? '' );
		return '' === trim( wp_strip_all_tags( $left ) ) ? null : $left;
	}
}
