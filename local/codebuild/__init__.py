"""CodeBuild on this machine: builds that live as CodeBuild's do, and push an image into ECR."""
