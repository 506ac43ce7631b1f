<?php
/**
 * What was written, as the service takes it.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * A post or a comment: its texts, unslashed.
 *
 * A line break is a break to a reader of WordPress, not to one of HTML. So every paragraph is marked before it is sent, as
 * the theme will do when it is shown, and the marks are taken out of what comes back.
 */
final class Entry {

	/** The field that the name of the site is sent in. */
	const SITE_NAME = 'meta.og:site_name';

	/** @var array<string, string> title, summary and html; of a comment the author is the title. */
	public $fields;

	/** @var string Where it is, or will be, seen. */
	public $url;

	/** @var array<string, string> What else is known of it and cannot be cut. */
	private $about;

	/** @var string[] The marks of a paragraph and of a line, which no text contains by chance. */
	private $marks;

	/**
	 * Makes one.
	 *
	 * @param array<string, string> $fields See above.
	 * @param string                $url    See above.
	 * @param array<string, string> $about  See above.
	 */
	public function __construct( array $fields, string $url, array $about = array() ) {
		$this->fields = array_map( 'strval', $fields );
		$this->url    = $url;
		// Beside the name of the site each field stands in its own element, and what it is about is known.
		$site        = array( substr( self::SITE_NAME, 5 ) => wp_specialchars_decode( get_bloginfo( 'name' ), ENT_QUOTES ) );
		$this->about = array_filter( $site + $about, 'strlen' );
		$mark        = wp_generate_password( 12, false );
		$this->marks = array( "<p id=\"m-$mark\">", "<br id=\"m-$mark\">" );
	}

	/**
	 * A post.
	 *
	 * @param array $data Its columns (post_title and so on), unslashed.
	 * @param int   $id   Its number, or 0.
	 */
	public static function post( array $data, int $id = 0 ): self {
		$fields = array();
		foreach ( array( 'title' => 'post_title', 'summary' => 'post_excerpt', 'html' => 'post_content' ) as $name => $column ) {
			$fields[ $name ] = (string) ( $data[ $column ] ?? '' );
		}
		$url = $id ? get_permalink( $id ) : '';
		return new self( $fields, $url ? $url : home_url( '/' ) );
	}

	/**
	 * A comment.
	 *
	 * @param array $data Its columns (comment_content and so on), unslashed.
	 */
	public static function comment( array $data ): self {
		$fields = array(
			'title' => (string) ( $data['comment_author'] ?? '' ),
			'html'  => (string) ( $data['comment_content'] ?? '' ),
		);
		$url    = empty( $data['comment_post_ID'] ) ? '' : get_permalink( (int) $data['comment_post_ID'] );
		return new self( $fields, $url ? $url : home_url( '/' ), array( 'url' => (string) ( $data['comment_author_url'] ?? '' ) ) );
	}

	/** Whether there is nothing to judge. */
	public function is_empty(): bool {
		return '' === trim( implode( '', $this->fields ) );
	}

	/** What tells this exact text from others; line ends and blanks around it do not count. */
	public function digest(): string {
		$texts = array();
		foreach ( $this->fields as $name => $text ) {
			$texts[ $name ] = trim( str_replace( array( "\r\n", "\r" ), "\n", $text ) );
		}
		$texts['url'] = $this->about['url'] ?? '';
		return hash( 'sha256', serialize( $texts ) ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions -- never read back.
	}

	/**
	 * The body of a request.
	 *
	 * @return array<string, mixed>
	 */
	public function request(): array {
		$row = array_filter( $this->fields, 'strlen' );
		if ( isset( $row['html'] ) ) {
			$row['html'] = $this->marked( $row['html'] );
		}
		$row['meta'] = $this->about ? $this->about : null;
		$row['url']  = substr( $this->url, 0, 8000 );
		return array_filter( $row );
	}

	/**
	 * Fields that came back cleaned, as they are stored.
	 *
	 * @param array $fields Those of the answer.
	 * @return array<string, string> All of this entry's.
	 */
	public function cleaned( array $fields ): array {
		$found = $this->fields;
		foreach ( array_keys( $found ) as $name ) {
			if ( isset( $fields[ $name ] ) && is_string( $fields[ $name ] ) ) {
				$found[ $name ] = str_replace( $this->marks, '', $fields[ $name ] );
			}
		}
		if ( isset( $found['html'] ) && has_blocks( $found['html'] ) ) {
			$found['html'] = $this->without_husks( $found['html'] );
		}
		return $found;
	}

	/**
	 * A text without the blocks that a cut has emptied, which the editor would call broken.
	 *
	 * @param string $text Cleaned.
	 */
	private function without_husks( string $text ): string {
		$husk = '#<!-- wp:([a-z][a-z0-9/-]*)(?: \{[^<>]*\})? -->\s*<!-- /wp:\1 -->\s*#';
		do {
			$before = $text;
			$text   = preg_replace_callback(
				$husk,
				function ( $found ) {
					// One that was empty when it came is left alone.
					return false === strpos( $this->fields['html'], trim( $found[0] ) ) ? '' : $found[0];
				},
				$before
			) ?? $before;
		} while ( $text !== $before );
		return $text;
	}

	/**
	 * A text whose paragraphs and lines are elements. Blocks have theirs already.
	 *
	 * @param string $text Of the body.
	 */
	private function marked( string $text ): string {
		if ( has_blocks( $text ) ) {
			return $text;
		}
		$parts    = wp_html_split( $text );
		$verbatim = '';
		foreach ( $parts as $number => $part ) {
			if ( '' !== $part && '<' === $part[0] ) {
				if ( preg_match( '#^<(/?)(pre|script|style|textarea)\b#i', $part, $tag ) ) {
					$verbatim = $tag[1] ? '' : $tag[2];
				}
			} elseif ( '' === $verbatim ) {
				$marked = preg_replace_callback(
					'/\R\s*+/u',
					function ( $breaks ) {
						return $breaks[0] . $this->marks[ preg_match_all( '/\R/u', $breaks[0] ) > 1 ? 0 : 1 ];
					},
					$part
				);
				// What is no UTF-8 is sent, or refused, as it is.
				$parts[ $number ] = $marked ?? $part;
			}
		}
		return $this->marks[0] . implode( '', $parts );
	}
}
