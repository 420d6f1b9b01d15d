package dev.nearside.agent;

/** Told of level changes. Called on the agent's thread; must return soon and must not throw. */
@FunctionalInterface
public interface PressureListener {
  /** A level changed; {@code snapshot} already contains the change. */
  void changed(LevelChange change, PressureSnapshot snapshot);
}
