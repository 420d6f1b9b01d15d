package dev.nearside.agent;

/**
 * One reading and what it means for its resource.
 *
 * @param name its name in metrics and causes, for example {@code memory_ratio}
 * @param value the reading, in the unit of its bounds; not a number when it is unknown just now
 * @param score 0 at or under the lower bound, 1 at or over the upper; not a number with the value
 * @param lo the lower bound
 * @param hi the upper bound
 */
public record Signal(String name, double value, double score, double lo, double hi) {}
