<?php
/*
 * Must-use plugin of the tests' WordPress: the tests' web is on loopback addresses and free ports,
 * which WordPress refuses to fetch from.
 */
add_filter( 'http_request_host_is_external', '__return_true' );
add_filter(
	'http_allowed_safe_ports',
	static fn( $ports, $host, $url ) => array( ...$ports, parse_url( $url, PHP_URL_PORT ) ),
	10,
	3
);
