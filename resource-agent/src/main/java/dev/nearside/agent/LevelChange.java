package dev.nearside.agent;

/**
 * A resource went from one level to another.
 *
 * @param scope whose resource
 * @param resource which
 * @param from the level before
 * @param to the level now
 * @param cause the signal that decided it
 * @param atNs when, on the clock of {@link PressureSource}
 */
public record LevelChange(
    Scope scope, Resource resource, Level from, Level to, Cause cause, long atNs) {}
