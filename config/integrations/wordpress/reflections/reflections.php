<?php
/**
 * Plugin Name: Reflections
 * Description: Hands pingbacks, webmentions and comments to Reflections, and shows them where the comments stood.
 * License: MIT
 *
 * Copy this folder into wp-content/plugins/, write define( 'REFLECTIONS_URL', 'https://…' ); into wp-config.php,
 * and switch the plugin on. Switched off, WordPress is as it was: its own comments are not touched.
 */
defined( 'ABSPATH' ) || exit;
defined( 'REFLECTIONS_URL' ) || define( 'REFLECTIONS_URL', 'https://reflections.example' );

/* WordPress's own pingback endpoint gives way: no header of its own, no link in the theme, no pings taken. */
add_filter( 'pings_open', '__return_false', 99 );
add_filter(
	'bloginfo_url',
	static fn( $url, $show ) => 'pingback_url' === $show ? REFLECTIONS_URL . '/pingback' : $url,
	10,
	2
);

/* Senders look at the header first, and WordPress looks at nothing else when it is answered. */
add_action(
	'template_redirect',
	static function () {
		if ( is_singular() ) {
			header( 'X-Pingback: ' . REFLECTIONS_URL . '/pingback' );
			header( 'Link: <' . REFLECTIONS_URL . '/webmention>; rel="webmention"', false );
		}
	}
);
add_action(
	'wp_head',
	static function () {
		if ( is_singular() ) {
			printf( '<link rel="pingback" href="%s">' . "\n", esc_url( REFLECTIONS_URL . '/pingback' ) );
			printf( '<link rel="webmention" href="%s">' . "\n", esc_url( REFLECTIONS_URL . '/webmention' ) );
		}
	}
);

/* The thread stands where the theme has its comments: classic themes by their template, block themes by their block.
   Themes leave the place out where comments are closed; whether they are is for Reflections to say. */
add_filter( 'comments_open', '__return_true', 99 );
function reflections_thread() {
	return sprintf(
		'<div id="comments" class="comments-area"><reflections-thread url="%s"></reflections-thread></div>'
		. '<script async src="%s"></script>',
		esc_url( get_permalink() ),
		esc_url( REFLECTIONS_URL . '/widget.js' )
	);
}
add_filter( 'comments_template', static fn() => __DIR__ . '/thread.php', 99 );
add_filter(
	'render_block',
	static fn( $html, $block ) => in_array( $block['blockName'], array( 'core/comments', 'core/post-comments' ), true )
		? reflections_thread()
		: $html,
	10,
	2
);

/* A comment that is posted to WordPress all the same would be seen by nobody. */
add_action(
	'pre_comment_on_post',
	static fn() => wp_die( 'Comments are taken below the post itself.', '', array( 'response' => 403 ) )
);
