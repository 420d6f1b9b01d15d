package dev.nearside.proxy.command;

/** Is told where the keys of a request stand. */
@FunctionalInterface
public interface KeyVisitor {
  /** Argument {@code argIndex} is a key. */
  void visit(int argIndex);
}
