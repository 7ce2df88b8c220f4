package io.nightshift.cli.distribution;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;

/// Gives classes that were compiled for Java 5 or older the format of Java 6, so that the JVM's start-up
/// cache
/// can hold them. The difference is the stack maps of the methods, by which the JVM verifies them.
final class OldClasses {

    private final ClassFile files;

    /// @param classes finds the superclasses of the types that the methods use
    OldClasses(ClassHierarchyResolver classes) {
        this.files = ClassFile.of(StackMapsOption.GENERATE_STACK_MAPS, ClassHierarchyResolverOption.of(classes));
    }

    /// Rewrites a class.
    ///
    /// @param file the class file
    /// @return the rewritten class file; the same array if the class is not that old
    byte[] in(byte[] file) {
        ClassModel model = files.parse(file);
        if (model.majorVersion() >= ClassFile.JAVA_6_VERSION) {
            return file;
        }
        ClassTransform version = OldClasses::withVersion;
        return files.transformClass(
                model, version.andThen(ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)));
    }

    private static void withVersion(ClassBuilder builder, ClassElement element) {
        if (element instanceof ClassFileVersion) {
            builder.withVersion(ClassFile.JAVA_6_VERSION, 0);
        } else {
            builder.with(element);
        }
    }
}
