package dev.nearside.proxy.mutant;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** The jar by which a JVM is told to run {@link MutantAgent}. */
public final class AgentJar {
  private AgentJar() {}

  /**
   * Writes it to a new temporary file. It has no classes in it: they are on the class path of the
   * JVM anyway.
   */
  public static Path write() throws IOException {
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.putValue("Premain-Class", MutantAgent.class.getName());
    Path jar = Files.createTempFile("nearside-mutant", ".jar");
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream empty = new JarOutputStream(out, manifest)) {
      empty.finish();
    }
    return jar;
  }

  /** Returns the JVM option for {@code mutant}. */
  public static String option(Path jar, Mutant mutant) {
    return "-javaagent:" + jar + "=" + mutant.name();
  }
}
