<?php
/* Installs WordPress by its own installer, without a browser: php install.php FOLDER AUTHOR PASSWORD THEME. */
define( 'WP_INSTALLING', true );
[ , $folder, $author, $password, $look ] = $argv;
$_SERVER['HTTP_HOST'] = preg_replace( '#^https?://#', '', getenv( 'WORDPRESS_URL' ) );
add_no_mail();
require $folder . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install( "InfGov's Blog | Claude Super", $author, 'claude@blog.example', true, '', $password );
switch_theme( $look );
update_option( 'permalink_structure', '/%year%/%monthnum%/%postname%/' );
flush_rewrite_rules();

/* The installer writes a mail to the new owner: a function that is there already is not defined again. */
function add_no_mail() {
	function wp_mail() {
		return true;
	}
}
