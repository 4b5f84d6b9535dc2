<?php
/* What a classic theme includes in place of its comments.php. */
defined( 'ABSPATH' ) || exit;
echo reflections_thread();
