<?php
/**
 * The doors by which comments come in.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * Guards comments. The form and wp_new_comment() pass preprocess_comment, REST passes rest_preprocess_comment: there a text
 * can be cleaned. All pass pre_comment_approved, where one is held; rest_pre_insert_comment can refuse. wp_insert_comment()
 * passes none of them where code calls it by itself: what it has stored is judged then.
 */
final class Comments {

	/** @var Judge */
	private $judge;

	/** @var array<string, mixed>|null What save() stores, until WordPress comes to it. */
	private $saving = null;

	/** @var int The comment that passes unseen, from then on until it is decided about: one that a person has put back. */
	private $own = 0;

	/** Types of comments that visitors see; other plug-ins keep notes as comments. */
	const TYPES = array( '', 'comment', 'pingback', 'trackback', 'review' );

	/** @var array<string, true> Texts that this request has decided about, by digest. */
	private $seen = array();

	/** @var array<string, array<string, mixed>> What is to be noted once a comment has its number, by digest. */
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
		if ( ! Settings::get( 'comments' ) ) {
			return;
		}
		add_filter( 'preprocess_comment', array( $this, 'before_form' ), 99 );
		add_filter( 'rest_preprocess_comment', array( $this, 'before_rest' ), 99 );
		add_filter( 'pre_comment_approved', array( $this, 'status' ), 99, 2 );
		add_filter( 'rest_pre_insert_comment', array( $this, 'refuse' ), 99 );
		add_filter( 'wp_update_comment_data', array( $this, 'as_it_is' ), PHP_INT_MIN );
		add_filter( 'wp_update_comment_data', array( $this, 'before_update' ), 99 );
		add_action( 'wp_insert_comment', array( $this, 'after_insert' ), 1, 2 );
		add_action( 'edit_comment', array( $this, 'after_update' ), 1 );
	}

	/**
	 * Cleans a comment from the form or from wp_new_comment().
	 *
	 * @param array $data Its columns, slashed.
	 */
	public function before_form( $data ) {
		return wp_slash( $this->clean( wp_unslash( $data ) ) );
	}

	/**
	 * Cleans a comment from REST.
	 *
	 * @param array|\WP_Error $data Its columns, unslashed.
	 */
	public function before_rest( $data ) {
		// A change of status alone brings no text.
		return is_array( $data ) && isset( $data['comment_content'] ) && empty( $data['comment_ID'] ) ? $this->clean( $data ) : $data;
	}

	/**
	 * The status of a new comment, by every door.
	 *
	 * @param int|string|\WP_Error $approved What was decided so far.
	 * @param array                $data     Its columns; slashed, unless they come from REST.
	 */
	public function status( $approved, $data ) {
		if ( is_wp_error( $approved ) || in_array( (string) $approved, array( 'spam', 'trash' ), true ) ) {
			return $approved;
		}
		$is_rest  = defined( 'REST_REQUEST' ) && REST_REQUEST;
		$entry    = Entry::comment( $is_rest ? $data : wp_unslash( $data ) );
		$decision = $this->judge->decide( $entry );

		$this->seen[ $entry->digest() ] = true;
		if ( 'pass' !== $decision->outcome ) {
			// What could not be cleaned, and what REST will refuse.
			$this->wait( $entry, Record::of( $decision->is_unchecked() ? 'unchecked' : 'held', $decision, (string) $approved ) );
			return 0;
		}
		if ( $decision->is_unchecked() ) {
			$this->wait( $entry, Record::of( 'unchecked', $decision, (string) $approved ) );
		}
		return $approved;
	}

	/**
	 * Refuses a comment that comes by REST, where the settings say so.
	 *
	 * @param array|\WP_Error $data Its columns, unslashed.
	 */
	public function refuse( $data ) {
		if ( ! is_array( $data ) ) {
			return $data;
		}
		$decision = $this->judge->decide( Entry::comment( $data ) );
		if ( 'reject' !== $decision->outcome ) {
			return $data;
		}
		$this->waiting = array();
		Tally::add( 'refused' );
		return Posts::refusal( $decision );
	}

	/**
	 * Gives a comment that save() stores its text as it is. The filters themselves stay: what other hooks store meanwhile
	 * passes them.
	 *
	 * @param array|\WP_Error $data Its columns, unslashed.
	 */
	public function as_it_is( $data ) {
		if ( $this->saving && is_array( $data ) && (int) $data['comment_ID'] === (int) $this->saving['comment_ID'] ) {
			$this->own    = (int) $data['comment_ID'];
			$data         = array_intersect_key( $this->saving, array( 'comment_content' => true ) ) + $data;
			$this->saving = null;
		}
		return $data;
	}

	/**
	 * Decides about a comment that is changed: by its editors, by REST or XML-RPC.
	 *
	 * @param array|\WP_Error $data Its columns, unslashed.
	 */
	public function before_update( $data ) {
		if ( is_array( $data ) && $this->own && (int) $data['comment_ID'] === $this->own ) {
			$this->own = 0;
			return $data;
		}
		if ( ! is_array( $data ) || in_array( (string) $data['comment_approved'], array( 'spam', 'trash' ), true ) ) {
			return $data;
		}
		$old = get_comment( (int) $data['comment_ID'], ARRAY_A );
		$now = Entry::comment( $data );
		if ( $old && Entry::comment( $old )->digest() === $now->digest() ) {
			// Its status alone: a person has decided.
			return $data;
		}
		$data     = $this->clean( $data );
		$entry    = Entry::comment( $data );
		$decision = $this->judge->decide( $entry );
		if ( 'pass' !== $decision->outcome ) {
			$this->wait( $entry, Record::of( $decision->is_unchecked() ? 'unchecked' : 'held', $decision, (string) $data['comment_approved'] ) );
			$data['comment_approved'] = 0;
		}
		return $data;
	}

	/**
	 * Notes what was decided, now that the comment has a number.
	 *
	 * @param int              $id      The number.
	 * @param \WP_Comment|null $comment The comment.
	 */
	public function after_insert( $id, $comment = null ): void {
		$comment = $comment ?? get_comment( $id );
		if ( ! $comment instanceof \WP_Comment ) {
			return;
		}
		$entry  = Entry::comment( $comment->to_array() );
		$digest = $entry->digest();
		$note   = $this->waiting[ $digest ] ?? ( 1 === count( $this->waiting ) ? reset( $this->waiting ) : null );
		if ( $note ) {
			if ( $note['original'] ) {
				Record::keep_original( 'comment', (int) $id, $note['original'] );
			}
			Tally::add( $note['row']['state'], Record::get( 'comment', (int) $id ) );
			// As it was stored: an answer by WordPress' own buttons is to this text.
			Record::set( 'comment', (int) $id, array( 'digest' => $digest ) + $note['row'] );
		} elseif ( 'wp_insert_comment' === current_action() && ! isset( $this->seen[ $digest ] ) && '1' === (string) $comment->comment_approved && in_array( $comment->comment_type, self::TYPES, true ) ) {
			$this->again( (int) $id, $entry );
		}
		$this->waiting = array();
	}

	/**
	 * The same for one that was changed.
	 *
	 * @param int $id The number.
	 */
	public function after_update( $id ): void {
		$this->after_insert( $id );
	}

	/**
	 * Decides about a comment that somebody has approved and that is not the one which was held.
	 *
	 * @param int   $id    The comment.
	 * @param Entry $entry What it says now.
	 */
	public function again( int $id, Entry $entry ): void {
		$decision = $this->judge->decide( $entry );
		if ( 'pass' === $decision->outcome && ! $decision->is_unchecked() ) {
			Record::forget( 'comment', $id );
			return;
		}
		$row = Record::of( $decision->is_unchecked() ? 'unchecked' : 'held', $decision, '1' );
		Tally::add( $row['state'], Record::get( 'comment', $id ) );
		Record::set( 'comment', $id, array( 'digest' => $entry->digest() ) + $row );
		if ( 'pass' !== $decision->outcome ) {
			wp_set_comment_status( $id, 'hold' );
		}
	}

	/**
	 * Changes a comment without looking at its text.
	 *
	 * @param array $columns comment_ID and what changes, unslashed.
	 */
	public function save( array $columns ): void {
		$this->saving = $columns;
		try {
			wp_update_comment( wp_slash( $columns ) );
		} finally {
			$this->saving = null;
			$this->own    = 0;
		}
	}

	/**
	 * Its columns with the cleaned text, if it is to be cleaned.
	 *
	 * @param array $data Its columns, unslashed.
	 */
	private function clean( array $data ): array {
		$entry    = Entry::comment( $data );
		$decision = $this->judge->decide( $entry );
		if ( 'clean' !== $decision->outcome || $decision->verdict->cleaned['title'] !== $entry->fields['title'] ) {
			return $data;
		}
		$context                 = false === has_filter( 'pre_comment_content', 'wp_filter_kses' ) ? 'post' : 'pre_comment_content';
		$data['comment_content'] = trim( Posts::filtered( $decision->verdict->cleaned['html'], $entry->fields['html'], $context ) );
		$this->wait( Entry::comment( $data ), Record::of( 'cleaned', $decision, '1' ), $entry->fields );
		return $data;
	}

	/**
	 * Remembers what is to be noted. What was cleaned and is held nonetheless keeps its original.
	 *
	 * @param Entry      $entry    The text as it will be stored.
	 * @param array      $row      The record.
	 * @param array|null $original The text before it was cleaned.
	 */
	private function wait( Entry $entry, array $row, ?array $original = null ): void {
		$digest                   = $entry->digest();
		$original                 = $original ?? $this->waiting[ $digest ]['original'] ?? null;
		$this->waiting[ $digest ] = compact( 'row', 'original' );
	}
}
