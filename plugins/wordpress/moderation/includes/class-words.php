<?php
/**
 * Sentences for people: plain text, to be escaped where it is printed.
 *
 * @package Moderation
 */

namespace Moderation;

defined( 'ABSPATH' ) || exit;

/**
 * What is said of findings and records.
 */
final class Words {

	/** Characters of a masked text that a list shows. */
	const BRIEF = 40;

	/**
	 * A finding: where, what, its masked text, and why.
	 *
	 * @param array $finding Of a record.
	 */
	public static function finding( array $finding ): string {
		$where = self::field( (string) $finding['field'] );
		if ( '' !== $finding['hidden'] ) {
			/* translators: %s: how a text is hidden, for example display-none */
			$where .= ' ' . sprintf( __( '(hidden: %s)', 'moderation' ), $finding['hidden'] );
		}
		$text = '' === $finding['masked'] ? __( 'text withheld', 'moderation' ) : '“' . $finding['masked'] . '”';
		$why  = implode( '; ', self::reasons( $finding ) );
		if ( '' === $why ) {
			/* translators: 1: field, 2: label, 3: masked text */
			return sprintf( __( '%1$s, %2$s: %3$s', 'moderation' ), $where, self::label( (string) $finding['label'] ), $text );
		}
		/* translators: 1: field, 2: label, 3: masked text, 4: list of reasons */
		return sprintf( __( '%1$s, %2$s: %3$s (%4$s)', 'moderation' ), $where, self::label( (string) $finding['label'] ), $text, $why );
	}

	/**
	 * Why a finding is one: its words, masked, and what else speaks for it.
	 *
	 * @param array $finding Of a record.
	 * @return string[]
	 */
	private static function reasons( array $finding ): array {
		$known = self::known();
		$said  = array();
		foreach ( $finding['reasons'] as $code ) {
			// Records of an older version hold terms by their code.
			if ( 0 === strpos( $code, 'term:' ) ) {
				$said[] = substr( $code, 5 );
			} elseif ( isset( $known[ $code ] ) ) {
				$said[] = $known[ $code ];
			}
		}
		return array_values( array_unique( array_merge( (array) ( $finding['words'] ?? array() ), $said ) ) );
	}

	/**
	 * What is said of each reason that speaks for spam; of others nothing is.
	 *
	 * @return array<string, string>
	 */
	private static function known(): array {
		return array(
			'campaign:hosts'      => __( 'the same name stands on unrelated sites', 'moderation' ),
			'context:before'      => __( 'what stands in front of it is typical of spam', 'moderation' ),
			'context:behind'      => __( 'what stands behind it is typical of spam', 'moderation' ),
			'ends:joint'          => __( 'it is joined to a title', 'moderation' ),
			'begins:joint'        => __( 'it is joined to a title', 'moderation' ),
			'entity:coded'        => __( 'it is written in character codes, unlike the rest of the page', 'moderation' ),
			'gloss:pinyin'        => __( 'the rest of the page carries pinyin, as copied pages do', 'moderation' ),
			'host:everywhere'     => __( 'all pages of the site share it', 'moderation' ),
			'meta:duplicate'      => __( 'it stands in a second title or description', 'moderation' ),
			'name:code'           => __( 'it holds a name with letters and digits, as betting sites have', 'moderation' ),
			'name:common-glued'   => __( 'an everyday word becomes an advertised site’s name by the words glued to it', 'moderation' ),
			'name:copies'         => __( 'the name stands on the page again and again', 'moderation' ),
			'name:glued'          => __( 'words are glued to the name that make an advertised site’s name of it', 'moderation' ),
			'name:in-front'       => __( 'words stand in front of the name that make an advertised site’s name of it', 'moderation' ),
			'name:in-prose'       => __( 'a name stands inside of a sentence where it does not belong', 'moderation' ),
			'name:in-title'       => __( 'a name stands in the title or the description', 'moderation' ),
			'name:known'          => __( 'it holds a name that is known from spam', 'moderation' ),
			'name:slot'           => __( 'a name stands where an institution’s own name would', 'moderation' ),
			'name:strong'         => __( 'the name has words with it that betting sites have', 'moderation' ),
			'page:as-a-whole'     => __( 'the page as a whole is like pages that hold spam', 'moderation' ),
			'page:copies'         => __( 'it stands on the page more than once', 'moderation' ),
			'page:foreign-words'  => __( 'the rest of the page uses none of its words', 'moderation' ),
			'page:title'          => __( 'it does not fit the title of the page', 'moderation' ),
			'page:words'          => __( 'it does not fit what the page is about', 'moderation' ),
			'place:attribute'     => __( 'it stands in an attribute', 'moderation' ),
			'place:first-line'    => __( 'it is the first line of the page', 'moderation' ),
			'place:footer'        => __( 'it stands at the bottom of the page', 'moderation' ),
			'place:hidden'        => __( 'it is hidden from readers', 'moderation' ),
			'place:links'         => __( 'it stands in a list of links', 'moderation' ),
			'place:meta'          => __( 'it stands in the description or the keywords', 'moderation' ),
			'place:title'         => __( 'it stands in the title', 'moderation' ),
			'rule:budget'         => __( 'the page takes more than a page may, and was not read from there on', 'moderation' ),
			'rule:short'          => __( 'the page has too many findings to tell why each is one', 'moderation' ),
			'script:cloaking'     => __( 'a script serves search engines another page', 'moderation' ),
			'script:obfuscated'   => __( 'a script of the page hides what it writes', 'moderation' ),
			'script:veiled'       => __( 'a script hides where it leads', 'moderation' ),
			'script:redirect'     => __( 'a script sends visitors to another site', 'moderation' ),
			'script:mismatch'     => __( 'it is not in the script of the rest of the page', 'moderation' ),
			'script:title-switch' => __( 'a script changes the title of the page', 'moderation' ),
			'shape:keyword-list'  => __( 'it is a list of keywords', 'moderation' ),
			'shape:repeated-term' => __( 'it repeats the same words', 'moderation' ),
			'rule:ends'           => __( 'it may begin or end elsewhere', 'moderation' ),
			'rule:minor'          => __( 'it names an age below 18', 'moderation' ),
			'rule:throughout'     => __( 'the rest of the page is like pages of spam as well', 'moderation' ),
		);
	}

	/**
	 * A finding in few words: where, and the beginning of its masked text. Its label stands in front of it.
	 *
	 * @param array $finding Of a record.
	 */
	public static function brief( array $finding ): string {
		$text = '' === $finding['masked'] ? __( 'text withheld', 'moderation' ) : $finding['masked'];
		if ( mb_strlen( $text ) > self::BRIEF ) {
			$text = mb_substr( $text, 0, self::BRIEF ) . '…';
		}
		/* translators: 1: field, 2: masked text */
		return sprintf( __( '%1$s: %2$s', 'moderation' ), self::field( (string) $finding['field'] ), $text );
	}

	/**
	 * What kind of spam it is.
	 *
	 * @param string $label Of a finding.
	 */
	public static function label( string $label ): string {
		$names = array(
			'adult'    => __( 'adult', 'moderation' ),
			'gambling' => __( 'gambling', 'moderation' ),
			'escort'   => __( 'escort', 'moderation' ),
			'fraud'    => __( 'fraud', 'moderation' ),
			'drugs'    => __( 'drugs', 'moderation' ),
			'piracy'   => __( 'piracy', 'moderation' ),
			'seo'      => __( 'seo', 'moderation' ),
		);
		return $names[ $label ] ?? $label;
	}

	/**
	 * A field of an entry.
	 *
	 * @param string $name title, summary, html, meta.url, block, slug, or one beside a post.
	 */
	public static function field( string $name ): string {
		$names = array(
			'title'    => __( 'title', 'moderation' ),
			'summary'  => __( 'excerpt', 'moderation' ),
			'html'     => __( 'text', 'moderation' ),
			'meta.url' => __( 'link', 'moderation' ),
			'block'    => __( 'setting of a block', 'moderation' ),
			'slug'     => __( 'address', 'moderation' ),
		);
		if ( 0 === strpos( $name, Entry::BESIDE ) ) {
			return Fields::name( substr( $name, strlen( Entry::BESIDE ) ) );
		}
		return $names[ $name ] ?? $name;
	}

	/**
	 * What happened, in a word or two.
	 *
	 * @param string $state Of a record.
	 */
	public static function state( string $state ): string {
		$states = array(
			'cleaned'   => __( 'Cleaned', 'moderation' ),
			'held'      => __( 'Held', 'moderation' ),
			'unchecked' => __( 'Not checked', 'moderation' ),
			'flagged'   => __( 'Flagged', 'moderation' ),
		);
		return $states[ $state ] ?? $state;
	}

	/**
	 * Where a text beside posts was to stand.
	 *
	 * @param array $row Of Refused.
	 */
	public static function place( array $row ): string {
		switch ( $row['what'] ) {
			case 'attachment':
				$said = __( 'texts of a picture or file', 'moderation' );
				break;
			case 'sheet':
				$said = 'custom_css' === $row['name'] ? __( 'CSS of the Customizer', 'moderation' ) : __( 'global styles', 'moderation' );
				break;
			case 'new_term':
			case 'term':
				$taxonomy = get_taxonomy( $row['name'] );
				$said     = $taxonomy ? $taxonomy->labels->singular_name : $row['name'];
				break;
			case 'display_name':
				$said = __( 'name of a user', 'moderation' );
				break;
			case 'option':
				$said = 'blogname' === $row['name'] ? __( 'title of the site', 'moderation' ) : __( 'tagline of the site', 'moderation' );
				break;
			default:
				$said = 'user' !== $row['type'] ? Fields::name( $row['name'] )
					: ( 'description' === $row['name'] ? __( 'biography of a user', 'moderation' ) : __( 'name of a user', 'moderation' ) );
		}
		return $row['id'] ? "$said (#{$row['id']})" : $said;
	}

	/**
	 * What happened to a text beside posts.
	 *
	 * @param array $row Of Refused.
	 */
	public static function refused( array $row ): string {
		if ( '' !== $row['why'] ) {
			/* translators: 1: where it was to stand, 2: why there is no verdict */
			return sprintf( __( '%1$s: not stored, since it could not be checked. What was sent is kept under Tools → Refused texts. %2$s', 'moderation' ), self::place( $row ), self::why( $row['why'] ) );
		}
		$found = implode( '; ', array_map( array( self::class, 'finding' ), array_slice( $row['findings'], 0, 3 ) ) );
		$said  = $row['is_cut']
			/* translators: 1: where it was to stand, 2: what was found, masked */
			? __( '%1$s: injected text was cut before this was stored. What was sent is kept under Tools → Refused texts. Found: %2$s', 'moderation' )
			/* translators: 1: where it was to stand, 2: what was found, masked */
			: __( '%1$s: not stored, since it was taken for injected spam; what stood there stays. What was sent is kept under Tools → Refused texts. Found: %2$s', 'moderation' );
		return sprintf( $said, self::place( $row ), $found );
	}

	/**
	 * Why there is no verdict. Where the service is, and what it says, is for those who set it up.
	 *
	 * @param string $why What is wrong.
	 */
	public static function why( string $why ): string {
		return current_user_can( 'manage_options' ) ? $why : __( 'The service gave no verdict.', 'moderation' );
	}

	/**
	 * What happened to a post or comment and what can be done, in a sentence.
	 *
	 * @param array  $row    The record.
	 * @param string $status Its status now.
	 */
	public static function story( array $row, string $status ): string {
		switch ( $row['state'] ) {
			case 'cleaned':
				return __( 'Injected text was cut from this before it was stored. The text as it was is kept and can be put back.', 'moderation' );
			case 'held':
				return __( 'This is held for a person to look at: it was taken for injected spam. Nothing of it was changed.', 'moderation' );
			case 'flagged':
				return __( 'An audit takes parts of this for injected spam. Nothing was changed.', 'moderation' );
			default:
				$said = in_array( $status, array( 'publish', 'future', 'private', '1', 'approved' ), true )
					? __( 'This was let through without being checked:', 'moderation' )
					: __( 'This is held, since it could not be checked:', 'moderation' );
				return trim( "$said " . self::why( (string) $row['why'] ) );
		}
	}
}
