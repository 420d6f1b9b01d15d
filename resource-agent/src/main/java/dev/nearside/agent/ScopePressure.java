package dev.nearside.agent;

import java.util.List;

/**
 * A scope, which is as bad as its worst resource.
 *
 * @param scope which
 * @param level the worst level of its resources
 * @param score the worst score of its resources, 0 to 1; not a number when none can be read
 * @param resources those with at least one signal that has been read
 */
public record ScopePressure(
    Scope scope, Level level, double score, List<ResourcePressure> resources) {
  /** Keeps its own copy of the resources. */
  public ScopePressure {
    resources = List.copyOf(resources);
  }
}
