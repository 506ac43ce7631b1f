<?php
/**
 * What a person answers to a verdict, by button.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * The buttons. Each is a link to admin-post.php with a nonce of its own for this post, this answer and the text that was seen:
 * an answer is to what stood there, and to nothing that has come into its place.
 *
 * Whoever wrote a text may put it back, held; to say that it is no spam, which publishes it, and to throw away what was cut,
 * takes somebody who may edit what others wrote, so that a hijacked author cannot wave itself through or wipe its traces.
 */
final class Answers {

	const ACTION = 'moderation_answer';
	const RESEND = 'moderation_resend';

	/** Seconds after which a lock is one that somebody left behind. */
	const LOCKED = 60;

	/** @var Client */
	private $client;

	/** @var Posts */
	private $posts;

	/** @var Comments */
	private $comments;

	/**
	 * Makes one.
	 *
	 * @param Client   $client   The service.
	 * @param Posts    $posts    The doors of posts.
	 * @param Comments $comments The doors of comments.
	 */
	public function __construct( Client $client, Posts $posts, Comments $comments ) {
		$this->client   = $client;
		$this->posts    = $posts;
		$this->comments = $comments;
	}

	/** Takes its places. */
	public function hook(): void {
		add_action( 'admin_post_' . self::ACTION, array( $this, 'handle' ) );
		add_action( 'transition_comment_status', array( $this, 'after_comment' ), 10, 3 );
		add_action( self::RESEND, array( $this, 'resend' ) );
	}

	/**
	 * The buttons that this person has for a post or comment.
	 *
	 * @param string $kind post or comment.
	 * @param int    $id   Its number.
	 * @return array<string, array{label: string, url: string}> By answer; the address is not escaped.
	 */
	public static function for( string $kind, int $id ): array {
		$row   = Record::get( $kind, $id );
		$found = array();
		foreach ( $row ? self::possible( $kind, $id, $row ) : array() as $answer => $label ) {
			if ( self::may( $kind, $id, $answer ) ) {
				$found[ $answer ] = array( 'label' => $label, 'url' => self::url( $kind, $id, $answer ) );
			}
		}
		return $found;
	}

	/**
	 * The answers that a record leaves, whoever gives them.
	 *
	 * @param string $kind post or comment.
	 * @param int    $id   Its number.
	 * @param array  $row  The record.
	 * @return array<string, string> Labels by answer.
	 */
	private static function possible( string $kind, int $id, array $row ): array {
		$answers = array( 'not_spam' => __( 'Not spam', 'moderation' ) );
		if ( 'cleaned' === $row['state'] ) {
			$answers['restore'] = __( 'Restore', 'moderation' );
			$answers['dismiss'] = __( 'Keep cleaned', 'moderation' );
		} elseif ( 'post' === $kind ) {
			$answers['apply'] = 'flagged' === $row['state'] ? __( 'Apply the settings', 'moderation' ) : __( 'Check again', 'moderation' );
		}
		if ( 'unchecked' === $row['state'] ) {
			unset( $answers['not_spam'] );
			if ( 'post' === $kind && 'pending' === get_post_status( $id ) ) {
				// What is too large to be judged would wait for ever.
				$answers['not_spam'] = __( 'Publish unchecked', 'moderation' );
			}
		}
		if ( 'post' === $kind && in_array( $row['state'], array( 'held', 'flagged' ), true ) ) {
			$answers['spam'] = __( 'Spam', 'moderation' );
		}
		return $answers;
	}

	/**
	 * Whether the current user may give an answer.
	 *
	 * @param string $kind   post or comment.
	 * @param int    $id     Its number.
	 * @param string $answer The answer.
	 */
	public static function may( string $kind, int $id, string $answer ): bool {
		if ( 'comment' === $kind ) {
			return current_user_can( 'moderate_comments' ) && current_user_can( 'edit_comment', $id );
		}
		$type = get_post_type_object( (string) get_post_type( $id ) );
		if ( ! $type || 'trash' === get_post_status( $id ) || ! current_user_can( 'edit_post', $id ) ) {
			return false;
		}
		if ( 'restore' === $answer ) {
			return true;
		}
		return current_user_can( $type->cap->edit_others_posts ) && current_user_can( $type->cap->publish_posts );
	}

	/**
	 * The address of a button.
	 *
	 * @param string $kind   post or comment.
	 * @param int    $id     Its number.
	 * @param string $answer The answer.
	 */
	public static function url( string $kind, int $id, string $answer ): string {
		$seen  = self::seen( $kind, $id );
		$query = array( 'action' => self::ACTION, 'kind' => $kind, 'id' => $id, 'answer' => $answer, 'seen' => $seen );
		$query['_wpnonce'] = wp_create_nonce( self::nonce( $kind, $id, $answer, $seen ) );
		return add_query_arg( $query, admin_url( 'admin-post.php' ) );
	}

	/** A button was pressed. */
	public function handle(): void {
		// phpcs:disable WordPress.Security.NonceVerification -- the nonce's name is made of these; it is checked next.
		$kind   = isset( $_GET['kind'] ) && 'comment' === $_GET['kind'] ? 'comment' : 'post';
		$id     = isset( $_GET['id'] ) ? absint( $_GET['id'] ) : 0;
		$answer = isset( $_GET['answer'] ) ? sanitize_key( wp_unslash( $_GET['answer'] ) ) : '';
		$seen   = isset( $_GET['seen'] ) ? sanitize_key( wp_unslash( $_GET['seen'] ) ) : '';
		// phpcs:enable
		check_admin_referer( self::nonce( $kind, $id, $answer, $seen ) );
		if ( ! in_array( $answer, array( 'not_spam', 'restore', 'dismiss', 'apply', 'spam' ), true ) || ! self::may( $kind, $id, $answer ) ) {
			wp_die( esc_html__( 'You are not allowed to do this.', 'moderation' ), '', array( 'response' => 403 ) );
		}
		$type = (string) get_post_type( $id );
		$said = $this->give( $kind, $id, $answer, $seen );
		self::say( $said );
		$back = wp_get_referer();
		if ( ! $back || 'spam' === $answer ) {
			$back = 'comment' === $kind ? admin_url( 'edit-comments.php' ) : Admin\Lists::url( $type );
		}
		wp_safe_redirect( $back );
		exit;
	}

	/**
	 * Keeps what was done, to be told to the current user on the page that comes next.
	 *
	 * @param string $said Text.
	 */
	public static function say( string $said ): void {
		set_transient( 'moderation_said_' . get_current_user_id(), $said, 60 );
	}

	/** What is to be told to the current user, once. */
	public static function take_said(): string {
		$name = 'moderation_said_' . get_current_user_id();
		$said = get_transient( $name );
		if ( ! is_string( $said ) ) {
			return '';
		}
		delete_transient( $name );
		return $said;
	}

	/**
	 * What a row of a list carries for the answers that are given to many at once: what was seen, and a nonce for it.
	 *
	 * @param int $id The post.
	 */
	public static function token( int $id ): string {
		$seen = self::seen( 'post', $id );
		return $seen . '-' . wp_create_nonce( self::nonce( 'post', $id, 'bulk', $seen ) );
	}

	/**
	 * Gives an answer to a post that was ticked in a list, as its own button would.
	 *
	 * @param int    $id     The post.
	 * @param string $answer spam or not_spam.
	 * @param string $token  What its row carried.
	 * @return string Why nothing was done: denied, unchecked, or one of attempt(); nothing where it was done.
	 */
	public function give_ticked( int $id, string $answer, string $token ): string {
		if ( ! self::may( 'post', $id, $answer ) ) {
			return 'denied';
		}
		$row = Record::get( 'post', $id );
		if ( ! $row ) {
			return 'nothing';
		}
		if ( 'unchecked' === $row['state'] ) {
			// Many at once would publish what nobody has looked at; its own button says what it does.
			return 'unchecked';
		}
		list( $seen, $nonce ) = explode( '-', "$token-" );
		if ( ! wp_verify_nonce( $nonce, self::nonce( 'post', $id, 'bulk', $seen ) ) ) {
			return 'changed';
		}
		return $this->attempt( 'post', $id, $answer, $seen )['why'];
	}

	/**
	 * Does what an answer says.
	 *
	 * @param string $kind   post or comment.
	 * @param int    $id     Its number.
	 * @param string $answer The answer.
	 * @param string $seen   What was seen, see seen().
	 * @return string What was done.
	 */
	public function give( string $kind, int $id, string $answer, string $seen ): string {
		$done = $this->attempt( $kind, $id, $answer, $seen );
		switch ( $done['why'] ) {
			case 'busy':
				return __( 'Somebody else is answering this in this moment. Nothing was done.', 'moderation' );
			case 'nothing':
				return __( 'There is nothing to decide about this any more.', 'moderation' );
			case 'changed':
				return __( 'The text has changed since you saw it. Nothing was done; look at what stands there now.', 'moderation' );
			case 'edited':
				return __( 'Somebody has edited this since it was cleaned, and putting the former text back would lose that. Nothing was done. What was cut is kept until “Keep cleaned” forgets it; copy what you need from it.', 'moderation' );
			default:
				return $done['said'];
		}
	}

	/**
	 * Does what an answer says, if it is to what stands there and nobody else is answering.
	 *
	 * @param string $kind   post or comment.
	 * @param int    $id     Its number.
	 * @param string $answer The answer.
	 * @param string $seen   What was seen, see seen().
	 * @return array{why: string, said: string} Why nothing was done (busy, nothing, changed or edited), or what was done.
	 */
	private function attempt( string $kind, int $id, string $answer, string $seen ): array {
		$lock = "{$kind}_$id";
		if ( ! Lock::take( $lock, self::LOCKED ) ) {
			return array( 'why' => 'busy', 'said' => '' );
		}
		try {
			'comment' === $kind ? clean_comment_cache( $id ) : clean_post_cache( $id );
			$row = Record::get( $kind, $id );
			if ( ! $row || ! isset( self::possible( $kind, $id, $row )[ $answer ] ) ) {
				return array( 'why' => 'nothing', 'said' => '' );
			}
			if ( ! hash_equals( self::seen( $kind, $id ), $seen ) ) {
				return array( 'why' => 'changed', 'said' => '' );
			}
			if ( in_array( $answer, array( 'restore', 'not_spam' ), true ) && self::is_edited( $kind, $id, $row ) ) {
				return array( 'why' => 'edited', 'said' => '' );
			}
			return array( 'why' => '', 'said' => $this->answer( $kind, $id, $answer, $row ) );
		} finally {
			Lock::free( $lock );
		}
	}

	/**
	 * Whether something else stands there than what was stored when it was cleaned. Records of older versions do not say.
	 *
	 * @param string $kind post or comment.
	 * @param int    $id   Its number.
	 * @param array  $row  The record.
	 */
	public static function is_edited( string $kind, int $id, array $row ): bool {
		return 'cleaned' === $row['state'] && '' !== $row['digest'] && ! hash_equals( $row['digest'], self::entry( $kind, $id )->text_digest() );
	}

	/**
	 * Does what an answer says, which may be given.
	 *
	 * @param string $kind   post or comment.
	 * @param int    $id     Its number.
	 * @param string $answer The answer.
	 * @param array  $row    The record.
	 * @return string What was done.
	 */
	private function answer( string $kind, int $id, string $answer, array $row ): string {
		switch ( $answer ) {
			case 'dismiss':
				Record::forget( $kind, $id );
				Record::forget_originals( $kind, $id );
				return __( 'Left as it is.', 'moderation' );
			case 'apply':
				$this->posts->save( array( 'ID' => $id ) + self::status( $id, $row ) );
				$row = Record::get( $kind, $id );
				return $row ? Words::story( $row, (string) get_post_status( $id ) ) : __( 'Checked: nothing was found.', 'moderation' );
			case 'spam':
				$said = $this->tell( $kind, $id, self::entry( $kind, $id ), true );
				wp_trash_post( $id );
				/* translators: %s: whether the service was told */
				return sprintf( __( 'Moved to the trash. %s', 'moderation' ), $said );
			case 'restore':
				$this->put_back( $kind, $id );
				return __( 'The text is as it was, and held. “Not spam” publishes it.', 'moderation' );
			default:
				return $this->not_spam( $kind, $id, $row );
		}
	}

	/**
	 * A moderator's own buttons of WordPress on a comment are answers too.
	 *
	 * @param string      $new     Its status now.
	 * @param string      $old     Its status before.
	 * @param \WP_Comment $comment The comment.
	 */
	public function after_comment( $new, $old, $comment ): void {
		if ( ! Settings::get( 'comments' ) || ! current_user_can( 'moderate_comments' ) ) {
			return;
		}
		$id  = (int) $comment->comment_ID;
		$row = Record::get( 'comment', $id );
		if ( 'approved' === $new && $row && 'unchecked' !== $row['state'] ) {
			$entry = Entry::comment( $comment->to_array() );
			if ( '' !== $row['digest'] && ! hash_equals( $row['digest'], $entry->digest() ) ) {
				// WordPress' button does not say what was seen, and this is not the text that was judged.
				$this->comments->again( $id, $entry );
				return;
			}
			Judge::allow( $entry );
			$this->tell( 'comment', $id, $entry, false );
			Record::forget( 'comment', $id );
		} elseif ( 'spam' === $new && 'spam' !== $old ) {
			$this->tell( 'comment', $id, Entry::comment( $comment->to_array() ), true );
		}
	}

	/** Sends what could not be sent before. */
	public function resend(): void {
		foreach ( array( 'post', 'comment' ) as $kind ) {
			foreach ( self::unsent( $kind ) as $id ) {
				$row = get_metadata( $kind, $id, Record::UNSENT, true );
				try {
					if ( is_array( $row ) && is_array( $row['fields'] ?? null ) ) {
						$this->client->feedback( new Entry( $row['fields'], (string) $row['url'] ), (bool) $row['is_spam'] );
					}
					delete_metadata( $kind, $id, Record::UNSENT );
				} catch ( Failure $failure ) {
					if ( ! $failure->is_of_text ) {
						$this->later();
						return;
					}
					// It will never be taken, and must not keep the others.
					delete_metadata( $kind, $id, Record::UNSENT );
				}
			}
		}
	}

	/**
	 * It is no spam: this text passes from now on, the service is told, and it becomes what it was to be.
	 *
	 * @param string $kind post or comment.
	 * @param int    $id   Its number.
	 * @param array  $row  The record.
	 */
	private function not_spam( string $kind, int $id, array $row ): string {
		$original = 'cleaned' === $row['state'] ? Record::original( $kind, $id ) : null;
		$entry    = self::entry( $kind, $id, $original );
		Judge::allow( $entry );
		$said = $this->tell( $kind, $id, $entry, false );
		if ( 'comment' === $kind ) {
			Record::forget( $kind, $id );
			if ( $original ) {
				$this->comments->save( self::columns( $kind, $id, $original ) );
			}
			wp_set_comment_status( $id, 'approve' );
		} elseif ( $original ) {
			$this->posts->save( self::columns( $kind, $id, $original ) );
		} elseif ( self::status( $id, $row ) ) {
			$this->posts->save( array( 'ID' => $id ) + self::status( $id, $row ) );
		}
		Record::forget( $kind, $id );
		Record::forget_originals( $kind, $id );
		/* translators: %s: whether the service was told */
		return sprintf( __( 'Not spam: this text passes from now on. %s', 'moderation' ), $said );
	}

	/**
	 * The status that a post which is held was to have.
	 *
	 * @param int   $id  The post.
	 * @param array $row The record.
	 * @return array<string, string> A column, or none.
	 */
	private static function status( int $id, array $row ): array {
		return 'pending' === get_post_status( $id ) && '' !== $row['meant'] ? array( 'post_status' => $row['meant'] ) : array();
	}

	/**
	 * Puts the text back as it was before it was cleaned, held until somebody says that it is no spam.
	 *
	 * @param string $kind post or comment.
	 * @param int    $id   Its number.
	 */
	private function put_back( string $kind, int $id ): void {
		$original = Record::original( $kind, $id );
		$row      = Record::get( $kind, $id );
		if ( ! $original || ! $row ) {
			return;
		}
		$columns = self::columns( $kind, $id, $original );
		if ( 'comment' === $kind ) {
			$this->comments->save( $columns + array( 'comment_approved' => 0 ) );
		} else {
			$row['meant'] = (string) get_post_status( $id );
			if ( 'draft' !== $row['meant'] ) {
				$columns['post_status'] = 'pending';
			}
			$this->posts->save( $columns, true );
		}
		// The original stays until somebody who may has decided: whoever restores it can change the text next.
		Record::set( $kind, $id, array( 'state' => 'held' ) + $row );
	}

	/**
	 * Tells the service, now or as soon as it answers again.
	 *
	 * @param string $kind    post or comment.
	 * @param int    $id      Its number.
	 * @param Entry  $entry   The text.
	 * @param bool   $is_spam What it is.
	 * @return string Whether it was told.
	 */
	private function tell( string $kind, int $id, Entry $entry, bool $is_spam ): string {
		try {
			$this->client->feedback( $entry, $is_spam );
			delete_metadata( $kind, $id, Record::UNSENT );
			return __( 'The service was told.', 'moderation' );
		} catch ( Failure $failure ) {
			if ( $failure->is_of_text ) {
				return __( 'The service cannot take this text.', 'moderation' );
			}
			$row = array( 'fields' => $entry->fields, 'url' => $entry->url, 'is_spam' => $is_spam );
			update_metadata( $kind, $id, Record::UNSENT, wp_slash( $row ) );
			$this->later();
			/* translators: %s: what is wrong */
			return sprintf( __( 'The service will be told later: %s', 'moderation' ), Words::why( $failure->getMessage() ) );
		}
	}

	/** Asks WordPress to try again. */
	private function later(): void {
		if ( ! wp_next_scheduled( self::RESEND ) ) {
			wp_schedule_single_event( time() + 600, self::RESEND );
		}
	}

	/**
	 * Posts or comments with an answer that is not sent.
	 *
	 * @param string $kind post or comment.
	 * @return int[]
	 */
	private static function unsent( string $kind ): array {
		global $wpdb;
		$sql = 'comment' === $kind
			? "SELECT comment_id FROM {$wpdb->commentmeta} WHERE meta_key = %s LIMIT 100"
			: "SELECT post_id FROM {$wpdb->postmeta} WHERE meta_key = %s LIMIT 100";
		return array_map( 'intval', $wpdb->get_col( $wpdb->prepare( $sql, Record::UNSENT ) ) ); // phpcs:ignore WordPress.DB.PreparedSQL
	}

	/**
	 * What tells that exactly this was seen: the text, what was found in it, and the text before it was cleaned.
	 *
	 * @param string $kind post or comment.
	 * @param int    $id   Its number.
	 */
	private static function seen( string $kind, int $id ): string {
		$row  = Record::get( $kind, $id );
		$seen = array( self::entry( $kind, $id )->digest(), $row ? array( $row['state'], $row['time'] ) : null, Record::original( $kind, $id ) );
		return substr( hash( 'sha256', serialize( $seen ) ), 0, 32 ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions -- never read back.
	}

	/**
	 * What stands there now, or would with another text.
	 *
	 * @param string     $kind   post or comment.
	 * @param int        $id     Its number.
	 * @param array|null $fields The fields of the other text.
	 */
	private static function entry( string $kind, int $id, ?array $fields = null ): Entry {
		$other = $fields ? self::columns( $kind, $id, $fields ) : array();
		return 'comment' === $kind
			? Entry::comment( $other + (array) get_comment( $id, ARRAY_A ) )
			: Entry::post( $other + (array) get_post( $id, ARRAY_A ), $id );
	}

	/**
	 * Fields as columns to store.
	 *
	 * @param string                $kind   post or comment.
	 * @param int                   $id     Its number.
	 * @param array<string, string> $fields The entry's.
	 */
	private static function columns( string $kind, int $id, array $fields ): array {
		if ( 'comment' === $kind ) {
			return array( 'comment_ID' => $id, 'comment_content' => $fields['html'] ?? '' );
		}
		$columns = array( 'ID' => $id );
		foreach ( Posts::COLUMNS as $name => $column ) {
			$columns[ $column ] = $fields[ $name ] ?? '';
		}
		return $columns;
	}

	/**
	 * The name of a nonce.
	 *
	 * @param string $kind   post or comment.
	 * @param int    $id     Its number.
	 * @param string $answer The answer.
	 * @param string $seen   What was seen.
	 */
	private static function nonce( string $kind, int $id, string $answer, string $seen ): string {
		return self::ACTION . "_{$kind}_{$id}_{$answer}_$seen";
	}
}
