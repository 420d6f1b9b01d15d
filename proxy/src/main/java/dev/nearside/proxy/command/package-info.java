/**
 * What a command is: its flags, its key positions, and which way it may take.
 *
 * <p>Called by {@code server}. Tables are immutable and shared by all event loops.
 */
@NullMarked
package dev.nearside.proxy.command;

import org.jspecify.annotations.NullMarked;
