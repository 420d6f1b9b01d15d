package dev.nearside.proxy;

import dev.nearside.proxy.server.LoopContext;
import dev.nearside.proxy.tier.Audit;
import dev.nearside.proxy.tier.ReadPath;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Where tests of other packages reach into a running sidecar. */
public final class Insight {
  private Insight() {}

  /**
   * From now on the audit of {@code proxy} asks nobody: {@code told} hears each key that it would
   * have read again, on the thread that serves it.
   */
  public static void onAudit(Proxy proxy, Consumer<String> told) {
    Audit.Source source =
        name -> {
          told.accept(new String(name, StandardCharsets.UTF_8));
          return CompletableFuture.completedFuture(null);
        };
    try {
      for (LoopContext context : proxy.contexts().values()) {
        Object audit = field(ReadPath.class, "audit").get(context.reads());
        field(Audit.class, "redis").set(audit, source);
      }
    } catch (IllegalAccessException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /** Returns the thread that reads the tracked connection of database 0. */
  public static Thread trackedThread(Proxy proxy) {
    CompletableFuture<Thread> told = new CompletableFuture<>();
    proxy.coherence().shards().getFirst().whenTold(() -> told.complete(Thread.currentThread()));
    return told.join();
  }

  private static Field field(Class<?> of, String name) {
    try {
      Field field = of.getDeclaredField(name);
      field.setAccessible(true);
      return field;
    } catch (NoSuchFieldException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }
}
