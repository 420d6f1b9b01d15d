/**
 * Every metric, declared once.
 *
 * <p>Written by all threads without locks; read by the HTTP port when it is scraped.
 */
@NullMarked
package dev.nearside.proxy.telemetry;

import org.jspecify.annotations.NullMarked;
