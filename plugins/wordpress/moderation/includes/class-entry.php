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
 * A line break is a break to a reader of WordPress, not to one of HTML. So every paragraph is marked in what is sent, as the
 * theme will do when it is shown. Texts that stand only in the settings of a block (the label of a search, of a link of a
 * menu), and an address that somebody has chosen, are sent behind the body, a paragraph each. What other plug-ins keep beside
 * a post (a title for search engines) is sent as metadata of the page. What is stored is never what comes back: it is the text
 * that is here, without the places that the service names.
 */
final class Entry {

	/** The field that the name of the site is sent in. */
	const SITE_NAME = 'meta.og:site_name';

	/** What a finding in the settings of a block is said to stand in. */
	const BLOCK = 'block';

	/** What a finding in the address is said to stand in. */
	const SLUG = 'slug';

	/** What the names of fields begin with that stand beside a post; behind it is the key they are stored by. */
	const BESIDE = 'beside:';

	/** Names of metadata that the service reads, by what a text is. */
	const SLOTS = array(
		Fields::TITLE => array( 'og:title', 'twitter:title', 'title', 'dc.title', 'dcterms.title', 'headline' ),
		Fields::TEXT  => array( 'description', 'og:description', 'twitter:description', 'abstract', 'dc.description', 'dcterms.description' ),
		Fields::ALT   => array( 'og:image:alt' ),
	);

	/** Bytes from which on a text takes long to judge, so that whoever wrote it could be the reason that there is no verdict. */
	const LONG = 200000;

	/** @var array<string, string> title, summary and html; of a comment the author is the title. Others are named by BESIDE. */
	public $fields;

	/** @var string Where it is, or will be, seen. */
	public $url;

	/** @var array<string, string> What else is known of it and cannot be cut. */
	private $about;

	/** @var bool Whether a visitor wrote it. */
	private $is_comment = false;

	/** @var string Its address, as words, where somebody has chosen it. */
	private $slug = '';

	/** @var array<string, string> The names of metadata that fields are sent as. */
	private $slots = array();

	/** @var array<int, array{0: string, 1: string}> Texts that are sent behind the body, and what each stands in. */
	private $shown = array();

	/** @var array{text: string, own: array<int, array{0: int, 1: int}>, end: int, behind: array<int, string>}|null The body as it is sent, see sent(). */
	private $sent = null;

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
		if ( isset( $this->fields['html'] ) && false !== strpos( $this->fields['html'], '<!--' ) ) {
			foreach ( self::texts_of_blocks( $this->fields['html'] ) as $text ) {
				$this->shown[] = array( $text, self::BLOCK );
			}
		}
		$free = self::SLOTS;
		foreach ( $this->fields as $name => $text ) {
			$kind = 0 === strpos( $name, self::BESIDE ) ? Fields::kind( substr( $name, strlen( self::BESIDE ) ) ) : '';
			if ( '' === $kind || '' === $text ) {
				continue;
			}
			if ( $free[ $kind ] ) {
				$this->slots[ $name ] = 'meta.' . array_shift( $free[ $kind ] );
			} else {
				// Of more plug-ins than a site has at once.
				$this->shown[] = array( self::plain( $text ), $name );
			}
		}
	}

	/**
	 * A post.
	 *
	 * @param array                      $data   Its columns (post_title and so on), unslashed.
	 * @param int                        $id     Its number, or 0.
	 * @param array<string, string>|null $beside What stands beside it, by key; null for what is stored there.
	 */
	public static function post( array $data, int $id = 0, ?array $beside = null ): self {
		$fields = array();
		foreach ( Posts::COLUMNS as $name => $column ) {
			$fields[ $name ] = (string) ( $data[ $column ] ?? '' );
		}
		foreach ( $beside ?? ( $id ? Fields::beside( $id ) : array() ) as $key => $text ) {
			$fields[ self::BESIDE . $key ] = $text;
		}
		$url   = $id ? get_permalink( $id ) : '';
		$entry = new self( $fields, $url ? $url : home_url( '/' ) );
		$slug  = (string) ( $data['post_name'] ?? '' );
		$is   = '' !== $slug && Settings::get( 'fields' ) && ! in_array( $data['post_type'] ?? '', Settings::PARTS, true );
		if ( $is && ! self::is_made_of( $slug, $fields['title'] ) && preg_match( '/\pL{2}/u', rawurldecode( $slug ) ) ) {
			$entry->slug = trim( strtr( rawurldecode( $slug ), '-_', '  ' ) );
			array_unshift( $entry->shown, array( self::plain( $entry->slug ), self::SLUG ) );
		}
		return $entry;
	}

	/**
	 * Whether an address was made of a title by WordPress, and not chosen.
	 *
	 * @param string $name  The last part of the address.
	 * @param string $title The title.
	 */
	public static function is_made_of( string $name, string $title ): bool {
		$slug = sanitize_title( $title );
		// A number makes it unlike others; one that would be longer than the column (200) is shortened for it.
		$base = preg_replace( '/-\d+$/', '', $name );
		return '' !== $slug && ( $slug === $name || $slug === $base || ( strlen( $base ) > 180 && 0 === strpos( $slug, $base ) ) );
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
		$entry  = new self( $fields, $url ? $url : home_url( '/' ), array( 'url' => (string) ( $data['comment_author_url'] ?? '' ) ) );

		$entry->is_comment = true;
		return $entry;
	}

	/** Whether there is nothing to judge. */
	public function is_empty(): bool {
		return '' === trim( implode( '', $this->fields ) . $this->slug );
	}

	/** What tells this exact text from others; line ends and blanks around it do not count. */
	public function digest(): string {
		return self::digest_of( $this->fields, array( 'url' => $this->about['url'] ?? '' ) + array_filter( array( 'slug' => $this->slug ) ) );
	}

	/** The same for the text alone: not for its address, nor for what stands beside it. */
	public function text_digest(): string {
		return self::digest_of( $this->texts(), array( 'url' => $this->about['url'] ?? '' ) );
	}

	/**
	 * The fields of the post or the comment itself.
	 *
	 * @return array<string, string>
	 */
	public function texts(): array {
		return array_filter(
			$this->fields,
			static function ( $name ) {
				return 0 !== strpos( $name, self::BESIDE );
			},
			ARRAY_FILTER_USE_KEY
		);
	}

	/**
	 * What tells texts from others.
	 *
	 * @param array<string, string> $fields Of an entry.
	 * @param array<string, string> $more   What else belongs to it.
	 */
	private static function digest_of( array $fields, array $more ): string {
		$texts = array();
		foreach ( $fields as $name => $text ) {
			$texts[ $name ] = trim( str_replace( array( "\r\n", "\r" ), "\n", $text ) );
		}
		return hash( 'sha256', serialize( $texts + $more ) ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions -- never read back.
	}

	/**
	 * The body of a request.
	 *
	 * @return array<string, mixed>
	 */
	public function request(): array {
		$row  = array_filter( $this->texts(), 'strlen' );
		$meta = $this->about;
		if ( isset( $row['html'] ) || $this->shown ) {
			$row['html'] = $this->sent()['text'];
		}
		foreach ( $this->slots as $name => $slot ) {
			$meta[ substr( $slot, 5 ) ] = $this->fields[ $name ];
		}
		$row['meta'] = $meta ? $meta : null;
		$row['url']  = substr( $this->url, 0, 8000 );
		$row['kind'] = $this->is_comment ? 'comment' : null;
		return array_filter( $row );
	}

	/** How many bytes are judged. */
	public function size(): int {
		return strlen( implode( '', $this->fields ) );
	}

	/**
	 * The field of this entry that a field of the request is, or the same name.
	 *
	 * @param string $field Of the request.
	 */
	public function own( string $field ): string {
		$found = array_search( $field, $this->slots, true );
		return false === $found ? $field : $found;
	}

	/**
	 * What a finding stands in, as people are told it.
	 *
	 * @param string $field Of the request.
	 * @param int    $start Its first character in that field.
	 */
	public function place( string $field, int $start ): string {
		if ( 'html' !== $field || ! $this->shown ) {
			return $this->own( $field );
		}
		$sent  = $this->sent();
		$bytes = self::bytes( $sent['text'], array( $start ) );
		$place = null === $bytes ? self::BLOCK : $field;
		foreach ( null === $bytes ? array() : $sent['behind'] as $at => $name ) {
			$place = $bytes[0] >= $at ? $name : $place;
		}
		return $place;
	}

	/**
	 * The fields without what the service would cut.
	 *
	 * @param array $cuts   Those of the answer: field, field_start and field_end (characters), removed.
	 * @param array $fields Those of the answer.
	 * @return array<string, string>|null All of this entry's; null where the cuts are not of this text, where fields say
	 *                                    something else than the cuts, or where a cut is in the settings of a block.
	 */
	public function without( array $cuts, array $fields ): ?array {
		$places = array();
		foreach ( $cuts as $cut ) {
			$name  = is_array( $cut ) ? $cut['field'] ?? null : null;
			$start = is_array( $cut ) ? $cut['field_start'] ?? null : null;
			$end   = is_array( $cut ) ? $cut['field_end'] ?? null : null;
			if ( ! is_string( $name ) || ! is_int( $start ) || ! is_int( $end ) || $start < 0 || $end < $start || ! is_string( $cut['removed'] ?? null ) ) {
				return null;
			}
			$places[ $this->own( $name ) ][] = array( $start, $end, $cut['removed'] );
		}
		$found = $this->fields;
		foreach ( $found as $name => $text ) {
			$said = $fields[ $this->slots[ $name ] ?? $name ] ?? null;
			$sent = 'html' === $name ? $this->sent() : array( 'text' => $text, 'own' => array( array( 0, strlen( $text ) ) ), 'end' => strlen( $text ) );
			$gone = self::stretches( $sent['text'], $places[ $name ] ?? array() );
			if ( null === $gone || ( $gone && end( $gone )[1] > $sent['end'] ) ) {
				return null;
			}
			if ( in_array( $name, array( 'html', 'summary' ), true ) && self::breaks_shortcode( $sent['text'], $gone ) ) {
				return null;
			}
			if ( null !== $said && self::kept( $sent['text'], array( array( 0, strlen( $sent['text'] ) ) ), $gone ) !== $said ) {
				return null;
			}
			$found[ $name ] = $gone ? self::kept( $sent['text'], $sent['own'], $gone ) : $text;
		}
		// The name of the site is not what is judged; nothing else that was sent can be cut.
		if ( array_diff_key( $places, $found, array( self::SITE_NAME => true ) ) ) {
			return null;
		}
		if ( isset( $found['html'] ) && has_blocks( $found['html'] ) ) {
			$found['html'] = $this->without_husks( $found['html'] );
		}
		return $found;
	}

	/**
	 * Cuts as stretches of bytes, in order.
	 *
	 * @param string $text   The text.
	 * @param array  $places Of each cut: first character, the one behind the last, and a text that holds what is between.
	 * @return array<int, array{0: int, 1: int}>|null Null where they are not of this text.
	 */
	private static function stretches( string $text, array $places ): ?array {
		sort( $places );
		$ends = array();
		foreach ( $places as $place ) {
			array_push( $ends, $place[0], $place[1] );
		}
		$bytes = self::bytes( $text, $ends );
		if ( null === $bytes ) {
			return null;
		}
		$found = array();
		foreach ( $places as $number => $place ) {
			$start = $bytes[ 2 * $number ];
			$end   = $bytes[ 2 * $number + 1 ];
			if ( $end > $start && false === strpos( $place[2], substr( $text, $start, $end - $start ) ) ) {
				return null;
			}
			$found[] = array( $start, $end );
		}
		return $found;
	}

	/**
	 * Places in characters as places in bytes, in one pass.
	 *
	 * @param string $text  UTF-8.
	 * @param int[]  $ends  Ascending.
	 * @return int[]|null Null where they do not ascend or are behind the end.
	 */
	private static function bytes( string $text, array $ends ): ?array {
		$found = array();
		$at    = 0;
		$byte  = 0;
		foreach ( $ends as $end ) {
			if ( $end < $at ) {
				return null;
			}
			while ( $at < $end ) {
				$step  = min( $end - $at, 8192 );
				$piece = mb_substr( substr( $text, $byte, 4 * $step ), 0, $step, 'UTF-8' );
				if ( mb_strlen( $piece, 'UTF-8' ) < $step ) {
					return null;
				}
				$at   += $step;
				$byte += strlen( $piece );
			}
			$found[] = $byte;
		}
		return $found;
	}

	/**
	 * Stretches of a text without others; both in order.
	 *
	 * @param string $text The text.
	 * @param array  $own  What is kept (bytes).
	 * @param array  $gone What is not.
	 */
	private static function kept( string $text, array $own, array $gone ): string {
		$found = '';
		$next  = 0;
		$most  = count( $gone );
		foreach ( $own as list( $at, $end ) ) {
			while ( $next < $most && $gone[ $next ][1] <= $at ) {
				++$next;
			}
			for ( $number = $next; $number < $most && $gone[ $number ][0] < $end; ++$number ) {
				$found .= substr( $text, $at, max( 0, $gone[ $number ][0] - $at ) );
				$at     = max( $at, $gone[ $number ][1] );
			}
			$found .= $at < $end ? substr( $text, $at, $end - $at ) : '';
		}
		return $found;
	}

	/**
	 * Whether a cut would leave a part of a shortcode. Within what stands between its two tags it may cut.
	 *
	 * Not by get_shortcode_regex(), which looks for the end of each to the end of the text: what it calls a tag is found here,
	 * in one pass.
	 *
	 * @param string $text The text.
	 * @param array  $gone What is cut (bytes), in order.
	 */
	private static function breaks_shortcode( string $text, array $gone ): bool {
		global $shortcode_tags;
		if ( ! $gone || ! $shortcode_tags || false === strpos( $text, '[' ) ) {
			return false;
		}
		$names = implode( '|', array_map( 'preg_quote', array_keys( $shortcode_tags ) ) );
		if ( false === preg_match_all( '~\[(/?)(' . str_replace( '~', '\~', $names ) . ')(?![\w-])~', $text, $tags, PREG_OFFSET_CAPTURE | PREG_SET_ORDER ) ) {
			return true;
		}
		$are_closed = array();
		foreach ( $tags as $tag ) {
			$are_closed[ $tag[2][0] ] = ! empty( $are_closed[ $tag[2][0] ] ) || '/' === $tag[1][0];
		}
		$open = array();
		$stop = -1;
		$next = 0;
		$most = count( $gone );
		foreach ( $tags as $tag ) {
			$at = $tag[0][1];
			if ( $stop < $at ) {
				$stop = strpos( $text, ']', $at );
				if ( false === $stop ) {
					break;
				}
			}
			while ( $next < $most && $gone[ $next ][1] <= $at ) {
				++$next;
			}
			if ( $next < $most && $gone[ $next ][0] <= $stop ) {
				if ( $gone[ $next ][0] > $at || $gone[ $next ][1] <= $stop ) {
					return true;
				}
				if ( $are_closed[ $tag[2][0] ] ) {
					$place          = "$next " . $tag[2][0];
					$open[ $place ] = ( $open[ $place ] ?? 0 ) + ( '/' === $tag[1][0] ? -1 : 1 );
				}
			}
		}
		// Of two tags a cut takes both or none.
		return array() !== array_filter( $open );
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
	 * The body as it is sent.
	 *
	 * @return array{text: string, own: array<int, array{0: int, 1: int}>, end: int, behind: array<int, string>} `own` are the
	 *               stretches (bytes) that are the body itself, and not marks; behind `end` stand other texts, each from the
	 *               byte on that `behind` says, with what it stands in.
	 */
	private function sent(): array {
		if ( null === $this->sent ) {
			$body   = $this->fields['html'] ?? '';
			$text   = '';
			$own    = array();
			$behind = array();
			$at     = 0;
			foreach ( self::marks( $body ) + array( strlen( $body ) => '' ) as $place => $mark ) {
				$own[] = array( strlen( $text ), strlen( $text ) + $place - $at );
				$text .= substr( $body, $at, $place - $at ) . $mark;
				$at    = $place;
			}
			$end = strlen( $text );
			foreach ( $this->shown as list( $shown, $place ) ) {
				$behind[ strlen( $text ) ] = $place;

				// Short neighbours would be read as one list.
				$text .= self::BLOCK === $place ? "\n<p>$shown</p>" : "\n<div><p>$shown</p></div>";
			}
			$this->sent = compact( 'text', 'own', 'end', 'behind' );
		}
		return $this->sent;
	}

	/**
	 * The marks that make elements of the paragraphs and lines of a text. Blocks have theirs already.
	 *
	 * @param string $text Of the body.
	 * @return array<int, string> By the byte in front of which they stand.
	 */
	private static function marks( string $text ): array {
		if ( has_blocks( $text ) ) {
			return array();
		}
		$found    = array( 0 => '<p>' );
		$verbatim = '';
		$at       = 0;
		foreach ( wp_html_split( $text ) as $part ) {
			if ( '' !== $part && '<' === $part[0] ) {
				if ( preg_match( '#^<(/?)(pre|script|style|textarea)\b#i', $part, $tag ) ) {
					$verbatim = $tag[1] ? '' : $tag[2];
				}
			} elseif ( '' === $verbatim ) {
				// What is no UTF-8 has none, and is not sent.
				preg_match_all( '/\R\s*+/u', $part, $breaks, PREG_OFFSET_CAPTURE );
				foreach ( $breaks[0] ?? array() as list( $break, $place ) ) {
					$found[ $at + $place + strlen( $break ) ] = preg_match_all( '/\R/u', $break ) > 1 ? '<p>' : '<br>';
				}
			}
			$at += strlen( $part );
		}
		return $found;
	}

	/**
	 * The texts in the settings of all blocks, which a block may show: each once, as it may stand in an element.
	 *
	 * Not parse_blocks(), which copies the rest of the text for each block that is not closed: 300 KB of them took more than
	 * 2 GB. The delimiters are found here as its tokens are.
	 *
	 * @param string $text Of the body.
	 * @return string[]
	 */
	private static function texts_of_blocks( string $text ): array {
		$found = array();
		$at    = 0;
		while ( preg_match( '#<!--\s++wp:(?:[a-z][a-z0-9_-]*+/)?[a-z][a-z0-9_-]*+\s++(?=\{)#', $text, $begin, PREG_OFFSET_CAPTURE, $at ) ) {
			$start = $begin[0][1] + strlen( $begin[0][0] );
			if ( ! preg_match( '#\}\s++/?-->#', $text, $stop, PREG_OFFSET_CAPTURE, $start ) ) {
				break;
			}
			$settings = json_decode( substr( $text, $start, $stop[0][1] + 1 - $start ), true );
			$at       = $stop[0][1] + strlen( $stop[0][0] );
			if ( is_array( $settings ) ) {
				array_walk_recursive(
					$settings,
					static function ( $value ) use ( &$found ) {
						foreach ( is_string( $value ) ? self::readings( $value ) : array() as $reading ) {
							$found[ $reading ] = $reading;
						}
					}
				);
			}
		}
		return array_values( $found );
	}

	/**
	 * What a reader may see of a setting: some blocks show it as it is, some as markup. Both without what would be markup in an
	 * element.
	 *
	 * @param string $value Of a setting.
	 * @return string[]
	 */
	private static function readings( string $value ): array {
		$found = array();
		foreach ( strpos( $value, '<' ) === false ? array( $value ) : array( $value, wp_strip_all_tags( $value ) ) as $text ) {
			$text = trim( html_entity_decode( $text, ENT_QUOTES | ENT_HTML5, 'UTF-8' ) );
			if ( self::says_something( $text ) ) {
				$found[] = self::plain( $text );
			}
		}
		return array_unique( $found );
	}

	/**
	 * A text without what would be markup in an element; its signs are written in full width, which reads the same.
	 *
	 * @param string $text Any.
	 */
	private static function plain( string $text ): string {
		return strtr( $text, array( '<' => '＜', '>' => '＞', '&' => '＆' ) );
	}

	/**
	 * Whether a setting can say something to a reader: not a name of a style, a number, or an address of this site.
	 *
	 * @param string $text A setting.
	 */
	private static function says_something( string $text ): bool {
		return ! preg_match( '/^[\x21-\x7e]*+$/D', $text ) || ( false !== strpos( $text, '//' ) && 0 !== strpos( $text, home_url( '/' ) ) );
	}
}
