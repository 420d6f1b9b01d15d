package dev.nearside.proxy.mutant;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Applies changes to classes as they were compiled. */
final class Transformation {
  private static final String PACKAGE = "dev/nearside/proxy/";

  private Transformation() {}

  /** As {@link Mutant#classes}. */
  static Map<String, byte[]> of(List<Change> changes, ClassLoader loader) {
    ClassFile files = files(loader);
    Map<String, byte[]> changed = new LinkedHashMap<>();
    for (Change change : changes) {
      String name = PACKAGE + change.type().replace('.', '/');
      byte[] before = changed.containsKey(name) ? changed.get(name) : read(loader, name);
      changed.put(name, apply(files, before, change));
    }
    return changed;
  }

  /** Returns what reads, writes and verifies classes that {@code loader} finds. */
  static ClassFile files(ClassLoader loader) {
    return ClassFile.of(
        ClassFile.ClassHierarchyResolverOption.of(
            ClassHierarchyResolver.ofResourceParsing(loader)));
  }

  private static byte[] apply(ClassFile files, byte[] bytes, Change change) {
    AtomicInteger hits = new AtomicInteger();
    ClassTransform transform =
        (builder, element) -> {
          if (element instanceof MethodModel method && isMeant(method, change)) {
            builder.transformMethod(
                method, MethodTransform.transformingCode(change.transform(method, hits)));
          } else {
            builder.with(element);
          }
        };
    byte[] changed = files.transformClass(files.parse(bytes), transform);
    if (hits.get() == 0) {
      throw new IllegalStateException("there is nothing to change for " + change);
    }
    return changed;
  }

  private static boolean isMeant(MethodModel method, Change change) {
    String name = method.methodName().stringValue();
    return method.code().isPresent()
        && (name.equals(change.method()) || name.startsWith("lambda$" + change.method() + "$"));
  }

  static byte[] read(ClassLoader loader, String name) {
    try (InputStream in = loader.getResourceAsStream(name + ".class")) {
      if (in == null) {
        throw new IllegalStateException("there is no class " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
