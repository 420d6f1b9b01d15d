package dev.nearside.proxy.mutant;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes the JVM it is an agent of run a {@link Mutant}: {@code -javaagent:JAR=NAME}. */
public final class MutantAgent {
  private MutantAgent() {}

  /**
   * Called by the JVM before its main class.
   *
   * @param name that of the mutant
   * @throws IllegalStateException if its classes or methods are not there, which ends the JVM
   */
  public static void premain(String name, Instrumentation instrumentation) {
    Map<String, byte[]> changed = Mutant.valueOf(name).classes(MutantAgent.class.getClassLoader());
    instrumentation.addTransformer(
        new ClassFileTransformer() {
          @Override
          public byte @Nullable [] transform(
              @Nullable ClassLoader loader,
              String className,
              @Nullable Class<?> before,
              @Nullable ProtectionDomain domain,
              byte[] bytes) {
            return changed.get(className);
          }
        });
  }
}
