<?php // Pretty addresses for PHP's own server.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (is_dir(__DIR__ . $path) && is_file(__DIR__ . rtrim($path, '/') . '/index.php') && $path !== '/') {
    $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = rtrim($path, '/') . '/index.php';
    chdir(__DIR__ . $path);
    require __DIR__ . rtrim($path, '/') . '/index.php';
    return;
}
if ($path !== '/' && is_file(__DIR__ . $path)) return false;
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
require __DIR__ . '/index.php';
