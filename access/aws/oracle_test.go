package aws

import (
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/chartroom/chartroom/source/servertest"
)

func TestTry(t *testing.T) {
	g, users := servertest.StartGatewayWithIAM(t)
	out, err := users.CreateUser(t.Context(), &iamsdk.CreateUserInput{UserName: awssdk.String("ann")})
	t.Log(err)
	t.Log(awssdk.ToString(out.User.Arn))
	k, err := users.CreateAccessKey(t.Context(), &iamsdk.CreateAccessKeyInput{UserName: awssdk.String("ann")})
	t.Log(err, k != nil)
	g.Bucket(t, "lake", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"`+awssdk.ToString(out.User.Arn)+`"},"NotAction":"s3:GetObject","Resource":"arn:aws:s3:::lake/*"}]}`)
}
