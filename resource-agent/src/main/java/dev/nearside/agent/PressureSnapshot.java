package dev.nearside.agent;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All pressure at one moment, immutable.
 *
 * @param scopes those with at least one resource; a scope nobody can read is left out
 */
public record PressureSnapshot(List<ScopePressure> scopes) {
  /** Before anything was read: NORMAL everywhere. */
  public static final PressureSnapshot EMPTY = new PressureSnapshot(List.of());

  /** Keeps its own copy of the scopes. */
  public PressureSnapshot {
    scopes = List.copyOf(scopes);
  }

  /** Returns the level of a scope, NORMAL when it is left out. */
  public Level level(Scope scope) {
    for (ScopePressure pressure : scopes) {
      if (pressure.scope() == scope) {
        return pressure.level();
      }
    }
    return Level.NORMAL;
  }

  /** Returns the level of a resource in a scope, NORMAL when it is left out. */
  public Level level(Scope scope, Resource resource) {
    ResourcePressure pressure = find(scope, resource);
    return pressure == null ? Level.NORMAL : pressure.level();
  }

  /** Returns a resource of a scope, or null when it is left out. */
  public @Nullable ResourcePressure find(Scope scope, Resource resource) {
    for (ScopePressure pressure : scopes) {
      if (pressure.scope() == scope) {
        for (ResourcePressure candidate : pressure.resources()) {
          if (candidate.resource() == resource) {
            return candidate;
          }
        }
      }
    }
    return null;
  }

  /** Returns the worst level of all scopes. */
  public Level worst() {
    Level worst = Level.NORMAL;
    for (int i = 0; i < scopes.size(); i++) {
      worst = Level.worst(worst, scopes.get(i).level());
    }
    return worst;
  }
}
